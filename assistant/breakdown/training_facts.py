"""Find the hyper-parameters and hardware that a paper used, each with the sentence or table row that states it."""

import re
from dataclasses import dataclass

from assistant.breakdown.facts import Fact, FactPlaces, Place
from index.model.paper import Paper, Zone

MOST_DEVICES = 6
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d{1,3}, 000\b|\d+(?:\.\d+)?|\.\d+)"
_POWER = (
    rf"(?:{_NUMBER}\s?[×x·∗*]\s?)?10\s?\^?\s?[-−–]\s?\d+|{_NUMBER}\s?[eE]\s?[-−–+]?\s?\d+"
    rf"|{_NUMBER}\s?[×x·∗*]\s?10\s?\^?\d"
)
_VALUE = rf"(?:{_POWER}|{_NUMBER}(?:\s?[kKM]\b|\s?(?:million|thousand)\b|\s?%)?)"
_FILL = (
    r"(?:\s?(?:is|are|was|were|of|to|at|as|with|by|from|for|equal|value|values|set|fixed|rate|rates|probability"
    r"|ratio|initial|constant|maximum|peak|the|a|an|we|use|used|using|=|:|\||∈|\[|\{|\(|in|adam|lr|η|α|λ|p)\b"
    r"|\s?[=:|∈\[{(]|\s){0,9}?\s?"
)


def _said(name: str, before: str = "", unit: str = "") -> "re.Pattern[str]":
    """A quantity after its name ("learning rate of 0.1"), or before it if `before` allows it ("0.1 dropout")."""
    forward = rf"(?:{name}){_FILL}(?P<after>{_VALUE}{unit})(?![\w.]*\d)"
    return re.compile(forward + (rf"|(?<![\w.])(?P<before>{_VALUE}){before}" if before else ""), re.IGNORECASE)


_OPTIMIZERS = (
    r"AdamW|Adamax|NAdam|RAdam|AdaFactor|Adafactor|Ada[Gg]rad|Ada[Dd]elta|Adam|RMS[Pp]rop|LAMB|LARS|Lion|Muon"
    r"|Sophia|L-BFGS|LBFGS"
    r"|(?:mini-?batch |synchronous |synchronized |asynchronous )?SGD|[Ss]tochastic [Gg]radient [Dd]escent"
)
_PATTERNS = {
    "learning rate": _said(
        r"\b(?:learning|step) rates?\b(?:\s?\(\w+\))?|\blr\b|学习率(?:设置)?为?",
        r"\s(?:initial |peak |base )?learning rate\b",
    ),
    "batch size": _said(
        r"\b(?:mini-?)?batch[- ]?sizes?\b|\b(?:mini-?)?batch(?:es)? of(?: size)?\b(?: \w =)?"
        r"|批(?:次|量|处理)?大小(?:设置)?为?",
        r"\s(?:\w+\s){1,3}per (?:mini-?)?batch\b",
    ),
    "epochs": _said(
        r"(?:\bnumber of (?:training )?epochs\b|^\s?(?:max |training )?epochs?\b|训练轮数为?)",
        r"\s(?:training |total )?epochs\b",
    ),
    "training steps": _said(
        r"\b(?:number of (?:training |update )?(?:steps|iterations|updates)|max(?:imum)? (?:training )?(?:steps"
        r"|iterations)|training steps)\b",
        r"\s(?:training |gradient |optimi[sz]ation |update |mini-?batch |total )?(?:steps|iterations|updates"
        r"|mini-?batches)\b",
    ),
    "weight decay": _said(
        r"\bweight decay\b(?: \([^()]{1,20}\))?|\bL2 (?:weight decay|regulari[sz]ation)\b|权重衰减(?:设置)?为?",
        r"\sweight decay\b",
    ),
    "dropout": _said(r"\bdrop-?out\b|\bP_?drop\b", r"\sdrop-?out\b"),
    "warm-up": _said(
        r"(?<!/)\bwarm-?\s?up(?:_steps)?(?: (?:steps?|ratio|period|proportion|phase|iterations|epochs?|over"
        r"|first|the|for|of|learning|rate)){0,4}|预热",
        r"(?: (?:training )?(?:steps|iterations|updates|epochs))?(?: of)? (?:linear )?warm-?up\b",
        r"(?: (?:training )?(?:steps|iterations|updates|epochs)\b)?",
    ),
    "momentum": _said(r"\bmomentum\b(?: (?:coefficient|term|parameter|factor))?|动量(?:设置)?为?", r"\smomentum\b"),
}
_TRAINED = re.compile(
    r"train|fine-?tun|optimi[sz]|\bwe (?:use|set|run|employ|adopt)|\bbatch|learning rate|schedule|epochs?\b|训练",
    re.IGNORECASE,
)
_RUNNING = re.compile(r"latency|inference|beam size|test speed|speed of|examples/second", re.IGNORECASE)
_PART_OF_TRAINING = re.compile(
    r"\b(?:after|every|first|next|another|last|warm-?up|each epoch consists of|than|until)\b", re.IGNORECASE
)
_LOST_POWER = re.compile(r"10[3-9]|2(?:9|1[1357]|15)")  # 10⁴ and 2¹¹, whose exponents are not raised in the text
_OPTIMIZER = re.compile(rf"(?<![A-Za-z-])(?:{_OPTIMIZERS})(?![A-Za-z])")
_OPTIMIZING = re.compile(r"optimi[sz]|train|learning rate|momentum|\buse|batch|β|优化", re.IGNORECASE)
_MODEL = (
    r"(?:Tesla )?(?:V100|P100|P40|K80|K40|K20X?|M40|T4|A100|A800|H100|H200|H800|H20|A10G?|A30|A40|A6000|A5000|L4"
    r"|L40S?|B200|MI\d{3}X?)(?:[- ]?(?:SXM\d?|PCIe))?(?:[- ]\d+\s?GB?)?"
    r"|(?:GeForce )?(?:RTX|GTX) ?(?:A?\d{3,4})(?: ?Ti| ?SUPER)?|\d{4} ?Ti|Quadro [A-Z]*\d+"
    r"|(?:GeForce )?(?:GTX )?[Tt][Ii][Tt][Aa][Nn](?: ?(?:Xp|XP|X|V|RTX|Black))?"
    r"|(?:Cloud )?TPU ?v\d[a-z]?|TPUv\d[a-z]?|(?:Cloud )?TPU (?:[Pp]ods?|chips?|cores?|slices?)|(?:Cloud )?TPUs?"
    r"|(?:Intel )?Xeon(?:[®\s]+(?:CPU|Gold|Silver|Platinum|E\d-\w+|\d{4}\w*|v\d))*|(?:Intel )?Core i\d(?:-\w+)?"
    r"|AMD EPYC(?: \w+)?"
    r"|Ascend ?910B?|Jetson \w+|Raspberry Pi(?: \d)?|(?:Google |Apple |Samsung )?(?:Pixel|iPhone"
    r"|Galaxy S)\s?\w+(?: Plus)?|GPUs?|CPUs?"
)
_COUNT = (
    r"(?:(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d{1,5})(?:\s?[×x])?|\b(?:one|two|three|four|six|eight|ten|sixteen|a single"
    r"|single|dual))"
)
_DEVICE = re.compile(
    rf"(?:(?P<count>{_COUNT})[\s-](?:(?:parallel|single|of|the|\d+\s?GB|GPUs?,?)[\s,]){{0,2}})?(?:(?:NVIDIA"
    rf"|Nvidia|nVidia|Google|Intel)[®\s-]+)?"
    rf"(?<![A-Za-z0-9])(?P<model>{_MODEL})(?![A-Za-z0-9])(?:[\s-](?:GPUs?|graphics cards?|chips|cores|cards"
    rf"|CPUs?|accelerators|processor)\b)?"
)
_DURATION = (
    r"(?:\d+(?:\.\d+)?(?:\s?[–-]\s?\d+(?:\.\d+)?)?|a few|several|one|two|three|four|five|six)[\s-](?:GPU[\s-]"
    r"|TPU[\s-])?(?:hours?|days?|weeks?|minutes?|months?)"
)
_TIME = re.compile(
    rf"\b(?:trained? (?:\S+\s){{0,8}}?(?:for|in)|(?:took|takes?|taking|took about|required?s?|lasts?"
    rf"|complete[ds]?)(?: \S+){{0,4}}?|training time (?:\S+\s){{0,4}}?(?:is|of|was|:)|(?:for|in"
    rf"|after training for)|within)"
    rf"\s(?:a total of |about |around |approximately |roughly |less than |only |∼\s?"
    rf"|~\s?)?(?P<time>{_DURATION})|(?P<gpu>\d[\d,.]{{0,15}}k?\s?(?:GPU|TPU)[\s-](?:hours?|days?))",
    re.IGNORECASE,
)
_MACHINE = re.compile(r"GPU|TPU|train|fine-?tun|converge|experiment|device|machine|显卡", re.IGNORECASE)
_GENERIC = re.compile(r"^(?:GPUs?|CPUs?|TPUs?|Cloud TPUs?)$")
# Machines of others.
_EARLIER = re.compile(r"\bhad been\b|previous|\bprior\b|\bpods [^.]*contain|\bassum", re.IGNORECASE)
_THANKS = re.compile(r"\bdonat|\bthank|\bgrant\b|\bsupport of\b|\bsupported by\b|感谢", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    fact: Fact


def hyperparameters(paper: Paper, places: FactPlaces | None = None) -> tuple[Fact, ...]:
    """Learning rate, optimizer, batch size, epochs, steps, weight decay, dropout, warm-up and momentum of the paper's
    own training, the best supported statement of each; `value` is the number, or the optimizer's name, as written.
    """
    best: dict[str, _Candidate] = {}
    for place in (places or FactPlaces(paper)).places:
        if place.weight < 0.5:
            continue
        for name, pattern in _PATTERNS.items():
            for match in pattern.finditer(place.text):
                value = (match.group("after") or match.group("before") or "").strip()
                before = place.text[max(0, match.start() - 25) : match.start()]
                if _plausible(name, value, before, place):
                    _keep(best, name, value, _support(place))
        if _OPTIMIZING.search(place.text) and (names := _OPTIMIZER.findall(place.text)):
            named = [name for name in names if not re.search("sgd|stochastic", name, re.IGNORECASE)]
            _keep(best, "optimizer", (named or names)[0], _support(place))  # "SGD with Adam" is Adam
    ranked = sorted(best.values(), key=lambda candidate: (-candidate.score, candidate.fact.span.start))
    return tuple(candidate.fact for candidate in ranked)


def _keep(best: dict[str, _Candidate], name: str, value: str, support: tuple[float, Place]) -> None:
    score, place = support
    if name not in best or score > best[name].score:
        best[name] = _Candidate(score, Fact(name, place.span, value))


def _support(place: Place) -> tuple[float, Place]:
    """How much a sentence is about the paper's own training."""
    stated = bool(
        re.search(
            r"\bwe (?:\w+ ){0,2}(?:use|train|set|fine|optimi|employ|adopt|run|pre)|\b(?:is|are|was"
            r"|were) (?:\w+ )?(?:set|trained|used|optimized|fine-tuned)\b",
            place.text,
            re.IGNORECASE,
        )
    )
    several = sum(bool(pattern.search(place.text)) for pattern in _PATTERNS.values())
    score = place.weight + 1.5 * stated + 0.6 * min(several, 4) - (len(place.text) > 500)
    return score - (place.zone is Zone.TABLE) - 0.5 * bool(re.search(r"\bet al\b", place.text)), place


def _plausible(name: str, value: str, before: str, place: Place) -> bool:
    """Whether a number is plausible for its name, in a sentence about training."""
    if not value or not (_TRAINED.search(place.text) or place.zone is Zone.TABLE):
        return False
    if name == "batch size" and _RUNNING.search(place.text):
        return False
    if name in ("epochs", "training steps") and _PART_OF_TRAINING.search(before):
        return False
    if name in ("batch size", "training steps", "warm-up") and _LOST_POWER.fullmatch(value):
        return False
    plain = value.rstrip("%kKM ").replace(", ", "").replace(",", "")
    if not re.fullmatch(r"(?:\d*\.)?\d+", plain):
        return True
    number, unit = float(plain), value[-1]
    if name in ("epochs", "batch size", "training steps"):
        least = 10 if name == "training steps" and unit not in "kKM" else 0
        return number > least and (number == int(number) or unit in "kKM")
    if name in ("dropout", "momentum", "weight decay"):
        return number < 1 or unit == "%"
    return number > 0 if name == "warm-up" else number <= 5 and unit != "%"


def hardware(paper: Paper, places: FactPlaces | None = None) -> tuple[Fact, ...]:
    """The devices that the paper says it used, with their counts, and how long training took; best first.

    `name` is the device, or "training time"; `value` the words that name it, such as "8 NVIDIA P100 GPUs".
    """
    best: dict[str, _Candidate] = {}
    for place in (places or FactPlaces(paper)).places:
        if (
            place.weight < 0.5
            or not _MACHINE.search(place.text)
            or _THANKS.search(place.text)
            or _EARLIER.search(place.text)
        ):
            continue
        for match in _DEVICE.finditer(place.text):
            _keep_device(best, match, place)
        if re.search(r"train|fine-?tun|pre-?train|converge", place.text, re.IGNORECASE):
            for match in _TIME.finditer(place.text):
                value = match.group("time") or match.group("gpu")
                _keep(best, "training time", value, (_support(place)[0] + bool(re.search("[GT]PU", place.text)), place))
    named = [name for name in best if name != "training time" and not _GENERIC.match(name)]
    shown = [candidate for name, candidate in best.items() if not (_GENERIC.match(name) and named)]
    ranked = sorted(shown, key=lambda candidate: (-candidate.score, candidate.fact.span.start))
    return tuple(candidate.fact for candidate in ranked[:MOST_DEVICES])


def _keep_device(best: dict[str, _Candidate], match: "re.Match[str]", place: Place) -> None:
    model = re.sub(r"\s+", " ", match.group("model"))
    generic = bool(_GENERIC.match(model))
    if generic and (not match.group("count") or not re.search(r"train|experiment|run|using|use", place.text)):
        return  # "GPU memory", "on a CPU": no particular machine
    name = re.sub(r"s$", "", model).removeprefix("Cloud ").replace("pod", "Pod")
    score = _support(place)[0] + 1.5 * bool(match.group("count")) - 2 * generic - (place.zone is Zone.TABLE)
    _keep(best, name, match.group().strip(" -,"), (score, place))
