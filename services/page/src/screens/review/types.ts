/** What the review screen asks the service for, and what it is answered. */
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
/** An event that nobody reviewed, with what is needed to hear it. */
export type QueuedEvent = Schemas["QueuedEventOut"];
export type QueuePage = Schemas["ReviewQueueOut"];
export type ReviewTaxon = Schemas["ReviewTaxonOut"];
export type ReviewTaxa = Schemas["ReviewTaxaOut"];
export type Precision = Schemas["PrecisionOut"];
/** What a threshold leaves. */
export type Kept = Schemas["KeptOut"];
export type Threshold = Schemas["ThresholdOut"];
export type SavedThreshold = Schemas["SavedThresholdOut"];
