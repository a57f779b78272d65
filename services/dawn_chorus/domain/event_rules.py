"""How scores become events: the pack's default rule, the rules of single taxa, and a user's overrides."""

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
    """Events of one taxon that are closer than this are joined."""

    @property
    def lowest_threshold(self) -> float:
        """Scores below this make no difference to any event."""
        return min(self.onset_threshold, self.offset_threshold)

    def changed(self, **overrides: float) -> "EventRule":
        """Return the rule with the overrides; if the thresholds cross, the one that was not overridden is adjusted.

        Raises ValueError if both are overridden and the offset threshold is above the onset threshold.
        """
        rule = replace(self, **overrides)
        if rule.offset_threshold <= rule.onset_threshold:
            return rule
        if "onset_threshold" not in overrides:
            return replace(rule, onset_threshold=rule.offset_threshold)
        if "offset_threshold" not in overrides:
            return replace(rule, offset_threshold=rule.onset_threshold)
        raise ValueError("offset_threshold must not be above onset_threshold")


@dataclass(frozen=True, slots=True)
class EventRules:
    """A pack's default event rule, and the rules of single taxa by taxon code."""

    default: EventRule = EventRule()
    by_taxon: dict[str, EventRule] = field(default_factory=dict)

    def of(self, code: str) -> EventRule:
        return self.by_taxon.get(code, self.default)

    def changed(self, **overrides: float) -> "EventRules":
        """Return the rules with the overrides applied to each; a taxon's rule keeps its other fields."""
        by_taxon = {code: rule.changed(**overrides) for code, rule in self.by_taxon.items()}
        return EventRules(self.default.changed(**overrides), by_taxon)

    @property
    def all(self) -> tuple[EventRule, ...]:
        """The default rule first."""
        return (self.default, *self.by_taxon.values())

    @property
    def lowest_threshold(self) -> float:
        """Scores below this make no difference to any event."""
        return min(rule.lowest_threshold for rule in self.all)
