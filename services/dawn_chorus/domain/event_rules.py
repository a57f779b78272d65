"""How scores become events: a pack's rule, what single taxa have of their own, and what a user wants otherwise."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class EventRule:
    """How framewise scores become events (hysteresis); see `domain.detections`."""

    onset_threshold: float = 0.5
    """An event begins at the first frame of at least this score."""
    offset_threshold: float = 0.3
    """The event ends before the first frame below this; never above the onset threshold."""
    min_event_s: float = 0.0
    min_gap_s: float = 0.5
    """Events of one taxon that lie closer than this are one event."""

    @property
    def lowest_threshold(self) -> float:
        """Scores below this make no difference to any event."""
        return min(self.onset_threshold, self.offset_threshold)

    def changed(self, **given: float) -> "EventRule":
        """Put what is given in place of the rule's own; of two thresholds the one not given makes way.

        Raises ValueError where both are given and the offset threshold lies above the onset threshold.
        """
        rule = replace(self, **given)
        if rule.offset_threshold <= rule.onset_threshold:
            return rule
        if "onset_threshold" not in given:
            return replace(rule, onset_threshold=rule.offset_threshold)
        if "offset_threshold" not in given:
            return replace(rule, offset_threshold=rule.onset_threshold)
        raise ValueError("offset_threshold must not lie above onset_threshold")


@dataclass(frozen=True, slots=True)
class EventRules:
    """A pack's event rule and what single taxa have of their own, by taxon code."""

    default: EventRule = EventRule()
    by_taxon: dict[str, EventRule] = field(default_factory=dict)

    def of(self, code: str) -> EventRule:
        return self.by_taxon.get(code, self.default)

    def changed(self, **given: float) -> "EventRules":
        """Change every rule alike: a taxon keeps of its own what is not given."""
        by_taxon = {code: rule.changed(**given) for code, rule in self.by_taxon.items()}
        return EventRules(self.default.changed(**given), by_taxon)

    @property
    def all(self) -> tuple[EventRule, ...]:
        """The default rule first."""
        return (self.default, *self.by_taxon.values())

    @property
    def lowest_threshold(self) -> float:
        """Scores below this make no difference to any event."""
        return min(rule.lowest_threshold for rule in self.all)
