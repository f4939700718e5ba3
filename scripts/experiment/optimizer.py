"""The optimizer of a training: one of Keras's, by its name and with its own keys."""

import difflib
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

ADAM = {"name": "adam"}
# The values of a training that decide its optimizer and its loss.
OPTIONS = ("learning_rate", "optimizer", "weight_decay", "clipnorm", "label_smoothing")
WRAPPERS = ("LossScaleOptimizer", "MultiOptimizer")  # of other optimizers, without a rule of their own
# Keras's fit ends by replacing the weights by these means. Here a training of 20 epochs is the beginning of
# one of 40, and an epoch is tested with the weights from which the next one starts.
MEANS = ("use_ema", "ema_momentum", "ema_overwrite_frequency")


def options_of(training: dict[str, Any]) -> dict[str, Any]:
    """The values of a training that compile_network takes. A card of an older version has only some."""
    return {key: training[key] for key in OPTIONS if key in training}


def subclasses(module: Any, base: type) -> dict[str, type]:
    """Those of a module of Keras by name, without the base itself and WRAPPERS."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, base) and value is not base and name not in WRAPPERS
    }


def choose(what: str, name: str, classes: dict[str, type]) -> type:
    """The class of this name. Raises ValueError if there is none."""
    if name not in classes:
        by_case = {other.lower(): other for other in classes}
        close = difflib.get_close_matches(name.lower(), by_case, n=1)
        hint = f" (did you mean {by_case[close[0]]}?)" if close else ""
        raise ValueError(f"Keras has no {what} {name}{hint}; it has {', '.join(sorted(classes))}")
    return classes[name]


def make(name: str, made: type, keys: dict[str, Any]) -> Any:
    """An object of Keras. Raises ValueError for keys that its class does not have, and what Keras raises."""
    allowed = [key for key in inspect.signature(made).parameters if key not in ("name", "kwargs", *MEANS)]
    for key in keys:
        if key in MEANS:
            raise ValueError(f"{key} is not used: the weights of the last step are tested, not their mean")
        if key not in allowed:
            close = difflib.get_close_matches(key, allowed, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            raise ValueError(f"Keras's {name} has no key {key}{hint}; it has {', '.join(allowed)}")
    return made(**keys)


def make_rate(rate: float | dict[str, Any]) -> Any:
    """A learning rate for a Keras optimizer: a number, or the schedule of this `name` with its keys."""
    if not isinstance(rate, dict):
        return rate
    from keras.optimizers import schedules

    def as_floats(value: Any) -> Any:  # Keras would compute with whole numbers where it is given some
        if isinstance(value, list):
            return [as_floats(item) for item in value]
        return float(value) if type(value) is int else value

    keys = {key: as_floats(value) for key, value in rate.items() if key != "name"}
    classes = subclasses(schedules, schedules.LearningRateSchedule)
    return make(rate["name"], choose("schedule", rate["name"], classes), keys)


def make_optimizer(
    learning_rate: float | dict[str, Any],
    optimizer: dict[str, Any] = ADAM,
    weight_decay: float | None = None,
    clipnorm: float | None = None,
) -> "keras.optimizers.Optimizer":
    """The optimizer of this `name`, in lower case, with its own keys.

    weight_decay, clipnorm: None for the default that the optimizer has in Keras. Raises ValueError for names
    and keys that Keras does not have, and what Keras raises.
    """
    from keras import optimizers

    classes = subclasses(optimizers, optimizers.Optimizer)
    made = choose("optimizer", optimizer["name"], {name.lower(): value for name, value in classes.items()})
    keys = {key: value for key, value in optimizer.items() if key != "name"}
    given = {"weight_decay": weight_decay, "clipnorm": clipnorm}
    keys |= {key: value for key, value in given.items() if value is not None}
    return make(optimizer["name"], made, {"learning_rate": make_rate(learning_rate), **keys})


def say_lower(key: str, rate: float | dict[str, Any]) -> str:
    """What to do where a training at this learning rate diverges. key: of the configuration.

    >>> say_lower("training.learning_rate", 0.3)
    'Set training.learning_rate below 0.3'
    """
    return f"Lower the values of {key}" if isinstance(rate, dict) else f"Set {key} below {rate:g}"
