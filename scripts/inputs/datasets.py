"""Data sets: what their images show, their classes, shape and number. Known ones have published checksums."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataSet:
    """A set of images.

    noun: what one image shows. classes: the names of the labels 0, 1, 2, ... shape: of one image, (height,
    width) or (height, width, channels). train, test: numbers of images. dtype: of the pixels, uint8 (0 to
    255) or float32 (0 to 1). sha256: checksums of the raw bytes of each array, with one dictionary for each
    accepted version; empty for the user's own images.
    """

    noun: str
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    train: int
    test: int
    dtype: str = "uint8"
    sha256: tuple[dict[str, str], ...] = ()


def is_misread(name: str) -> bool:
    """Whether programs that read tables, such as pandas, take this name for a number, a missing value or a
    truth value.

    >>> is_misread("mnist"), is_misread("NA"), is_misread("1e5"), is_misread("true")
    (False, True, True, True)
    """
    try:
        float(name)
    except ValueError:
        return name.lower() in ("", "na", "n/a", "<na>", "null", "none", "true", "false")
    return True


def short_name(name: str, max_length: int) -> str:
    """The name of a class, cut to at most `max_length` characters."""
    return name if len(name) <= max_length else f"{name[: max_length - 1]}…"


KNOWN = {
    # LeCun and Cortes, http://yann.lecun.com/exdb/mnist
    "mnist": DataSet(
        noun="digit",
        classes=tuple("0123456789"),
        shape=(28, 28),
        train=60_000,
        test=10_000,
        sha256=(
            {
                "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
                "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
                "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
                "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
            },
            # The first 600 + 200 images, as in tests/data, for work without internet.
            {
                "x_train": "614beee83bdd13684c6811a6d4f39ae858e510b804bb324c2b1fd46ba173c29c",
                "y_train": "0d401e75c1d7126d4c925e49bef30df3ec3ca7880f8b1f5757409cf9753cf09b",
                "x_test": "b40951266842e68099badfd113fb1525bce88e99ecbc0779db1bfac8fe4b0b16",
                "y_test": "697dd54cc0bf4f9aa13ea40623e905774eaa79fc775563086343b9390f156739",
            },
        ),
    ),
    # Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747; its table 2 names the classes.
    "fashion_mnist": DataSet(
        noun="garment",
        classes=(
            *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
            *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
        ),
        shape=(28, 28),
        train=60_000,
        test=10_000,
        sha256=(
            {
                "x_train": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
                "y_train": "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
                "x_test": "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
                "y_test": "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
            },
        ),
    ),
    # Alpaydin and Kaynak 1998, https://doi.org/10.24432/C50P49: the 1 797 images of its test set, which come
    # with scikit-learn. The first four fifths are for training. Pixels have 17 grey levels.
    "digits": DataSet(
        noun="digit",
        classes=tuple("0123456789"),
        shape=(8, 8),
        train=1_437,
        test=360,
        dtype="float32",
        sha256=(
            {
                "x_train": "7c370fa1184be495ac240bcbefa0eb2dd33d993bbfb93c1d8c896e8aa12d7737",
                "y_train": "00d355536cfe54c3c5aaa1bbc756008bcc5ba7030407f225954ebda1d1ca46c9",
                "x_test": "af59c5102106bc78a6033d96d9cc505622972b943e234dae01cc33c5f2d147e6",
                "y_test": "7a7a9acee298b8862700d7c2a0341a0ee3744e1369c9107a26149f5d0e61b304",
            },
        ),
    ),
}
