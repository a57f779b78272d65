/** The formats that the service writes, each said in one sentence: the only list of them on the page. */

export interface Format {
  /** As the API names it. */
  id: string;
  name: string;
  /** What it is for. */
  says: string;
  /** How it comes: as a table at once, of a job that is followed, or as the list of reviews. */
  comes: "straight" | "by job" | "of reviews";
  /** Whether it is offered of one analysis, cut at any threshold. */
  isOfOne?: true;
}

export const FORMATS: readonly Format[] = [
  {
    id: "csv",
    name: "CSV",
    says: "A row for each detection, with verdict and reviewer: for spreadsheets and R.",
    comes: "straight",
    isOfOne: true,
  },
  {
    id: "raven",
    name: "Raven",
    says: "A selection table for Raven Pro and Raven Lite.",
    comes: "straight",
    isOfOne: true,
  },
  {
    id: "audacity",
    name: "Audacity",
    says: "A track of labels for Audacity; several recordings name their file in each label.",
    comes: "straight",
    isOfOne: true,
  },
  {
    id: "birdnet",
    name: "BirdNET",
    says: "Results as BirdNET-Analyzer writes them, for tools that read those.",
    comes: "straight",
    isOfOne: true,
  },
  {
    id: "ndjson",
    name: "NDJSON",
    says: "A line of JSON for each detection, with its review: for programs.",
    comes: "straight",
    isOfOne: true,
  },
  {
    id: "parquet",
    name: "Parquet",
    says: "The same as CSV, smaller and with types: for pandas, Arrow and DuckDB.",
    comes: "straight",
  },
  {
    id: "camtrap-dp",
    name: "Camtrap-DP",
    says: "A package of recordings and observations for archives of biodiversity data; needs place and time.",
    comes: "by job",
  },
  {
    id: "dwca",
    name: "Darwin Core",
    says: "An archive of occurrences, as GBIF takes them.",
    comes: "by job",
  },
  {
    id: "clips",
    name: "Sound clips",
    says: "A zip with the sound of each detection, named by site, time, taxon and confidence.",
    comes: "by job",
  },
  {
    id: "reviews",
    name: "Reviews",
    says: "What people decided, as a CSV that this or another service takes back.",
    comes: "of reviews",
  },
];

/** Those of one analysis. */
export const FORMATS_OF_ONE = FORMATS.filter((each) => each.isOfOne === true);
