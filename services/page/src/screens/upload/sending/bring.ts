/** Brings one file all the way: its first bytes, what they tell, the rest, and the recording that is made of it. */
import { fetchJson, request } from "../../../api/client";
import { Problem } from "../../../api/problems";
import type { UploadFacts, Uploaded } from "../../../api/types";
import { asksForZone, readUnclearHour } from "../clocks/start";
import { formOf } from "../fields";
import type { Item } from "../item";
import { BEGINNING_BYTES } from "./beginning";
import { fingerprintOf } from "./fingerprint";
import { checkStop, isWorthAnotherTry, pause, Stopped, until, waitOut } from "./patience";
import { Places } from "./places";
import { loadSending } from "./load_sending";
import { heldUp, LINE_CUT, refused } from "./refusal_words";
import type { Sending } from "./sending";
import { unreadable } from "./unreadable";

/** Browsers allow six connections to a host: one is the stream of changes, one is left for what people look at. */
const sending = new Places(3);
const making = new Places(1);
const NOT_YET_MS = 1000;
/** What the service refuses because of the file itself. */
const NOT_AUDIO = new Set(["not-audio", "undecodable-audio"]);

const sendings = new Map<number, Sending>();

/** What is on its way, so that no file goes twice. */
const underWay = new Map<string, Item>();

/** Do all that can be done for a file. Never throws: what happens is said in its state. */
export async function bring(item: Item): Promise<void> {
  try {
    const fingerprint = await fingerprintOf(item.file).catch(() => Promise.reject(unreadable(item.file)));
    const earlier = underWay.get(fingerprint);
    if (earlier !== undefined && earlier !== item && isStillUnderWay(earlier)) {
      item.isRead.value = true;
      item.state.value = { at: "twice", why: `In this list already, as ${earlier.file.name}` };
      return;
    }
    underWay.set(fingerprint, item);
    const sent = sendings.get(item.id) ?? (await begin(item, fingerprint));
    sendings.set(item.id, sent);
    await goOn(item, sent);
  } catch (error) {
    if (error instanceof Stopped || item.stop.signal.aborted) return;
    const why = error instanceof Problem ? refused(error) : String(error);
    const isNoAudio = error instanceof Problem && NOT_AUDIO.has(error.kind);
    item.isRead.value = true;
    item.state.value = { at: isNoAudio ? "not audio" : "failed", why };
    if (isNoAudio) await removeUpload(item);
  }
}

async function begin(item: Item, fingerprint: string): Promise<Sending> {
  const code = await loadSending().catch(async () => {
    item.state.value = { at: "held up", why: LINE_CUT };
    await request("/health/live", { signal: item.stop.signal }); // waits until the service is back
    return loadSending();
  });
  checkStop(item.stop.signal);
  return new code.Sending(item.file, fingerprint, watcherOf(item));
}

/** What has failed may come again: from a card that is back in, the file has to be chosen anew. */
function isStillUnderWay({ stop, state }: Item): boolean {
  return !stop.signal.aborted && state.peek().at !== "failed";
}

/** Stop it and have nothing of it left at the service. */
export async function removeUpload(item: Item): Promise<void> {
  item.stop.abort();
  const sent = sendings.get(item.id);
  letGo(item);
  await sent?.remove();
}

function letGo(item: Item): void {
  sendings.delete(item.id);
  for (const [fingerprint, each] of underWay) if (each === item) underWay.delete(fingerprint);
}

async function goOn(item: Item, sent: Sending): Promise<void> {
  await sending.run(async () => {
    await send(item, sent, BEGINNING_BYTES);
    await learn(item, sent, item.sentBytes.value === item.file.size);
    item.isRead.value = true;
  }, true);
  do {
    item.state.value = { at: "waiting" };
    await sending.run(() => send(item, sent, Infinity));
    item.state.value = { at: "here" };
    await making.run(() => learn(item, sent, true));
  } while (!(await makeOnceAsked(item, sent)));
}

/** Return whether the recording was made; if not, bytes are missing. */
async function makeOnceAsked(item: Item, sent: Sending): Promise<boolean> {
  for (;;) {
    await until(() => item.order.value !== null, item.stop.signal);
    if (asksForZone(item.facts.value) && item.order.value?.fields.zone == null) {
      // Asked for before this file could tell that its clock has no zone.
      item.order.value = null;
      continue;
    }
    const outcome = await making.run(() => make(item, sent));
    if (outcome !== "ask") return outcome === "made";
  }
}

async function send(item: Item, sent: Sending, bytes: number): Promise<void> {
  item.state.value = { at: "sending" };
  await sent.bring(bytes, item.stop.signal);
}

/** Ask what the file says of itself; once all of it is here, until that is known. */
async function learn(item: Item, sent: Sending, isWhole: boolean): Promise<void> {
  if (item.facts.value?.complete === true) return;
  for (let tries = 0; ;) {
    try {
      item.facts.value = await fetchJson<UploadFacts>(`/v1/uploads/${sent.id ?? ""}/facts`, {
        signal: item.stop.signal,
      });
      if (item.facts.value.complete || !isWhole) return;
      tries = 0; // that it is not known yet is an answer
      await pause(NOT_YET_MS, item.stop.signal);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.kind === "too-early" && !isWhole) return;
      // Gone: making the recording will find that, and begin anew.
      if (error.status === 404 || error.status === 410) return;
      await hold(item, error, tries);
      tries += 1;
    }
  }
}

/** Make the recording, unless a person has to be asked or bytes are missing. */
async function make(item: Item, sent: Sending): Promise<"made" | "ask" | "send"> {
  item.state.value = { at: "making" };
  for (let tries = 0; ; tries += 1) {
    try {
      const made = await post(item, sent);
      sent.done();
      item.state.value = { at: made.duplicate ? "known" : "made", recordingId: made.id };
      letGo(item);
      return "made";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const hour = error.status === 422 ? readUnclearHour(error.detail) : null;
      if (hour !== null) {
        item.order.value = null;
        item.state.value = { at: "unclear hour", hour };
        return "ask";
      }
      if (error.kind === "upload-incomplete") return "send";
      if (error.kind === "upload-gone" || error.kind === "not-found") {
        sent.restart();
        return "send";
      }
      if (error.status === 409 && error.kind !== "request-in-progress") throw error;
      await hold(item, error, tries);
      item.state.value = { at: "making" };
    }
  }
}

async function post(item: Item, sent: Sending): Promise<Uploaded> {
  return fetchJson<Uploaded>("/v1/recordings", {
    method: "POST",
    body: formOf(item, sent.id ?? ""),
    headers: { "Idempotency-Key": item.order.value?.key ?? "" },
    signal: item.stop.signal,
  });
}

/** Wait until it can be tried again; throws the problem where that does not help. */
async function hold(item: Item, problem: Problem, tries: number): Promise<void> {
  if (!isWorthAnotherTry(problem, tries)) throw problem;
  item.state.value = { at: "held up", why: heldUp(problem) };
  await waitOut(problem, tries, item.stop.signal);
}

function watcherOf(item: Item) {
  return {
    progress: (bytes: number) => (item.sentBytes.value = bytes),
    resumed: (bytes: number) => (item.resumedBytes.value = bytes),
    waits: (problem: Problem | null) => {
      if (problem !== null) item.state.value = { at: "held up", why: heldUp(problem) };
      else if (item.state.value.at === "held up") item.state.value = { at: "sending" };
    },
  };
}
