/** The API's nouns, as its OpenAPI document has them (`make page` makes `schema.ts` of it). */
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Recording = Schemas["RecordingOut"];
export type Analysis = Schemas["AnalysisOut"];
export type Failure = Schemas["FailureOut"];
export type Warning = Schemas["WarningOut"];
export type Pack = Schemas["InstalledPackOut"];
export type Session = Schemas["SessionOut"];
export type Site = Schemas["SiteOut"];
export type Spectrogram = Schemas["SpectrogramOut"];
export type UploadFacts = Schemas["UploadFactsOut"];
export type Uploaded = Schemas["UploadOut"];
export type Detection = Schemas["DetectionOut"];
export type TopTaxon = Schemas["TopTaxonOut"];
export type Queue = Schemas["QueueOut"];
export type Key = Schemas["KeyOut"];
export type NewKey = Schemas["NewKeyOut"];
export type Keys = Schemas["KeysOut"];
export type Overview = Schemas["OverviewOut"];
export type HeardTaxon = Schemas["HeardTaxonOut"];
export type Export = Schemas["ExportOut"];
export type Count = Schemas["CountOut"];
export type Threshold = Schemas["ThresholdOut"];
export type Precision = Schemas["PrecisionOut"];

/** One page of a list; `next` is the cursor of the page behind it. */
export interface Paged<T> {
  items: T[];
  next: string | null;
}
