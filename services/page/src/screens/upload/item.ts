/** One file on its way to being a recording. */
import { type Signal, signal } from "@preact/signals";

import type { UploadFacts } from "../../api/types";
import type { UnclearHour } from "./clocks/start";
import type { SharedFields } from "./fields";
import type { Found } from "./sending/collect";

export type State =
  | { at: "waiting" }
  | { at: "sending" }
  /** Something is in the way; it goes on by itself. */
  | { at: "held up"; why: string }
  /** All of it is here, and nobody has asked for the recording yet. */
  | { at: "here" }
  | { at: "making" }
  /** Summer time skips or repeats its hour: a person has to say which instant it is. */
  | { at: "unclear hour"; hour: UnclearHour }
  | { at: "made"; recordingId: string }
  /** There is a recording of the same sound, site and start. */
  | { at: "known"; recordingId: string }
  /** The same file was in the list before. */
  | { at: "twice"; why: string }
  | { at: "not audio"; why: string }
  | { at: "failed"; why: string };

/** What is sent with a file; null: nobody has asked for the recording yet. */
export interface Order {
  fields: SharedFields;
  /** The instant that was chosen where summer time left two. */
  recordedAt: string | null;
  /** Sent again, the same request makes the same recording. */
  key: string;
}

export interface Item {
  readonly id: number;
  readonly file: File;
  readonly folder: string;
  readonly state: Signal<State>;
  readonly sentBytes: Signal<number>;
  /** Where it went on, after a cut or from an earlier visit; 0: it never had to. */
  readonly resumedBytes: Signal<number>;
  readonly facts: Signal<UploadFacts | null>;
  /** Whether its facts were asked for, so that they are known or cannot be known before all of it is here. */
  readonly isRead: Signal<boolean>;
  readonly order: Signal<Order | null>;
  /** Somebody has pressed the button with it; it may still have to be asked about. */
  wasOrdered: boolean;
  stop: AbortController;
}

let latest = 0;

export function newItem({ file, folder }: Found): Item {
  return {
    id: ++latest,
    file,
    folder,
    state: signal<State>({ at: "waiting" }),
    sentBytes: signal(0),
    resumedBytes: signal(0),
    facts: signal<UploadFacts | null>(null),
    isRead: signal(false),
    order: signal<Order | null>(null),
    wasOrdered: false,
    stop: new AbortController(),
  };
}

/** Return whether nothing more will happen to it by itself. */
export function isSettled({ at }: State): boolean {
  return at === "made" || at === "known" || at === "twice" || at === "not audio" || at === "failed";
}
