"""The known data sets: what their images show, their classes, the sums of their published arrays."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataSet:
    """A published set of images.

    noun: what one image shows. classes: the names of the labels 0, 1, 2, ... shape: of one image. sha256: of
    the raw bytes of each array, one dictionary for each set of arrays that is accepted.
    """

    noun: str
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    sha256: tuple[dict[str, str], ...]


KNOWN = {
    # LeCun and Cortes, http://yann.lecun.com/exdb/mnist
    "mnist": DataSet(
        noun="digit",
        classes=tuple("0123456789"),
        shape=(28, 28),
        sha256=(
            {
                "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
                "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
                "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
                "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
            },
            # The first 600 + 200 images, as kept in tests/data for work without a network.
            {
                "x_train": "614beee83bdd13684c6811a6d4f39ae858e510b804bb324c2b1fd46ba173c29c",
                "y_train": "0d401e75c1d7126d4c925e49bef30df3ec3ca7880f8b1f5757409cf9753cf09b",
                "x_test": "b40951266842e68099badfd113fb1525bce88e99ecbc0779db1bfac8fe4b0b16",
                "y_test": "697dd54cc0bf4f9aa13ea40623e905774eaa79fc775563086343b9390f156739",
            },
        ),
    ),
    # Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747; the names of the classes are in its table 2.
    "fashion_mnist": DataSet(
        noun="garment",
        classes=(
            *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
            *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
        ),
        shape=(28, 28),
        sha256=(
            {
                "x_train": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
                "y_train": "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
                "x_test": "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
                "y_test": "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
            },
        ),
    ),
}
