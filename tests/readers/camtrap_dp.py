"""What Camtrap-DP 1.0.2 asks of a package, in our own words: its files are in tdwg/camtrap-dp, tag 1.0.2, not here.

`test_camtrap_standard` holds all of this equal to those files, where `CHORUS_CAMTRAP_SCHEMAS` names their folder.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """A column; what is not said does not restrict."""

    name: str
    type: str = "string"
    required: bool = False
    unique: bool = False
    least: float | None = None
    most: float | None = None
    one_of: tuple[str, ...] = ()
    pattern: str | None = None

    def described(self) -> dict[str, Any]:
        """Return it as a Table Schema has it."""
        limits = {"minimum": self.least, "maximum": self.most, "pattern": self.pattern}
        constraints: dict[str, Any] = {"required": self.required}
        constraints |= {name: value for name, value in limits.items() if value is not None}
        constraints |= {"unique": True} if self.unique else {}
        constraints |= {"enum": list(self.one_of)} if self.one_of else {}
        form = {"format": "%Y-%m-%dT%H:%M:%S%z"} if self.type == "datetime" else {}
        return {"name": self.name, "type": self.type, **form, "constraints": constraints}


_FEATURES = (
    "roadPaved", "roadDirt", "trailHiking", "trailGame", "roadUnderpass", "roadOverpass", "roadBridge", "culvert",
    "burrow", "nestSite", "carcass", "waterSource", "fruitingTree",
)  # fmt: skip
TABLES: dict[str, tuple[Field, ...]] = {
    "deployments": (
        Field("deploymentID", required=True, unique=True),
        Field("locationID"),
        Field("locationName"),
        Field("latitude", "number", required=True, least=-90, most=90),
        Field("longitude", "number", required=True, least=-180, most=180),
        Field("coordinateUncertainty", "integer", least=1),
        Field("deploymentStart", "datetime", required=True),
        Field("deploymentEnd", "datetime", required=True),
        Field("setupBy"),
        Field("cameraID"),
        Field("cameraModel"),
        Field("cameraDelay", "integer", least=0),
        Field("cameraHeight", "number", least=0),
        Field("cameraDepth", "number", least=0),
        Field("cameraTilt", "integer", least=-90, most=90),
        Field("cameraHeading", "integer", least=0, most=360),
        Field("detectionDistance", "number", least=0),
        Field("timestampIssues", "boolean"),
        Field("baitUse", "boolean"),
        Field("featureType", one_of=_FEATURES),
        Field("habitat"),
        Field("deploymentGroups"),
        Field("deploymentTags"),
        Field("deploymentComments"),
    ),
    "media": (
        Field("mediaID", required=True, unique=True),
        Field("deploymentID", required=True),
        Field("captureMethod", one_of=("activityDetection", "timeLapse")),
        Field("timestamp", "datetime", required=True),
        # Neither absolute nor hidden nor of someone's home, and nowhere two dots.
        Field("filePath", required=True, pattern=r"^(?=^[^./~])(^((?!\.{2}).)*$).*$"),
        Field("filePublic", "boolean", required=True),
        Field("fileName"),
        Field("fileMediatype", required=True, pattern="^(image|video|audio)/.*$"),
        Field("exifData", "any"),
        Field("favorite", "boolean"),
        Field("mediaComments"),
    ),
    "observations": (
        Field("observationID", required=True, unique=True),
        Field("deploymentID", required=True),
        Field("mediaID"),
        Field("eventID"),
        Field("eventStart", "datetime", required=True),
        Field("eventEnd", "datetime", required=True),
        Field("observationLevel", required=True, one_of=("media", "event")),
        Field(
            "observationType",
            required=True,
            one_of=("animal", "human", "vehicle", "blank", "unknown", "unclassified"),
        ),
        Field("cameraSetupType", one_of=("setup", "calibration")),
        Field("scientificName"),
        Field("count", "integer", least=1),
        Field("lifeStage", one_of=("adult", "subadult", "juvenile")),
        Field("sex", one_of=("female", "male")),
        Field("behavior"),
        Field("individualID"),
        Field("individualPositionRadius", "number", least=0),
        Field("individualPositionAngle", "number", least=-90, most=90),
        Field("individualSpeed", "number", least=0),
        Field("bboxX", "number", least=0, most=1),
        Field("bboxY", "number", least=0, most=1),
        Field("bboxWidth", "number", least=1e-15, most=1),
        Field("bboxHeight", "number", least=1e-15, most=1),
        Field("classificationMethod", one_of=("human", "machine")),
        Field("classifiedBy"),
        Field("classificationTimestamp", "datetime"),
        Field("classificationProbability", "number", least=0, most=1),
        Field("observationTags"),
        Field("observationComments"),
    ),
}
KEYS = {"deployments": "deploymentID", "media": "mediaID", "observations": "observationID"}
"""The primary key of each table."""
POINTS_TO: dict[str, tuple[str, ...]] = {
    "deployments": (),
    "media": ("deployments",),
    "observations": ("deployments", "media"),
}
"""The tables whose keys a table has as columns of the same names."""


def table_schema(name: str) -> dict[str, Any]:
    """Return the Table Schema of a table, without what only people read."""
    references = [
        {"fields": KEYS[other], "reference": {"resource": other, "fields": KEYS[other]}} for other in POINTS_TO[name]
    ]
    return {
        "fields": [field.described() for field in TABLES[name]],
        "missingValues": ["", "NA", "NaN", "nan"],
        "primaryKey": KEYS[name],
        **({"foreignKeys": references} if references else {}),
    }


PROFILE: dict[str, Any] = {
    "required": ["resources", "profile", "created", "contributors", "project", "spatial", "temporal", "taxonomic"],
    "properties": {
        "resources": {"minItems": 3},
        "contributors": {
            "items": {
                "properties": {
                    "role": {"enum": ["contact", "principalInvestigator", "rightsHolder", "publisher", "contributor"]}
                }
            }
        },
        "licenses": {
            "minItems": 2,
            "items": {"required": ["scope"], "properties": {"scope": {"enum": ["data", "media"]}}},
        },
        "project": {
            "required": ["title", "samplingDesign", "captureMethod", "individualAnimals", "observationLevel"],
            "properties": {
                "captureMethod": {"items": {"enum": ["activityDetection", "timeLapse"]}, "minItems": 1},
                "individualAnimals": {"type": "boolean"},
                "observationLevel": {"items": {"enum": ["media", "event"]}},
            },
        },
        "spatial": {"type": "object"},
        "temporal": {
            "required": ["start", "end"],
            "properties": {"start": {"type": "string", "format": "date"}, "end": {"type": "string", "format": "date"}},
        },
        "taxonomic": {"items": {"required": ["scientificName"]}},
    },
}
"""What a description must have, as a JSON Schema: a part of the official profile, which says more of what may be."""
