/** Sends corrections: the same of many in one request, each one's own by itself. */
import { fetchJson } from "../../../api/client";
import { askForEach } from "../../../api/each";
import { Problem } from "../../../api/problems";
import type { Recording } from "../../../api/types";
import type { Change, Fields } from "./changes";

export interface Refusal {
  recording: Recording;
  /** A sentence that says what to do. */
  reason: string;
  /** The recording that it would be the same as; null: the reason is another. */
  twinId: string | null;
}

export interface Sent {
  done: Change[];
  refused: Refusal[];
}

const MOST_AT_ONCE = 500;
const TWIN = /^recording ([0-9a-f-]{36}) has the same audio/;

/** Make the changes; what is refused says why, and the others are made all the same. */
export async function sendChanges(changes: readonly Change[]): Promise<Sent> {
  const sent: Sent = { done: [], refused: [] };
  const alone: Change[] = [];
  for (const group of groupEqual(changes)) {
    alone.push(...(group.length === 1 ? group : await sendTogether(group, sent)));
  }
  const { done, refused } = await askForEach(alone, patch);
  sent.done.push(...done.map(({ item }) => item));
  sent.refused.push(...refused.map(({ item, problem }) => refusal(item.recording, problem.detail)));
  return sent;
}

/** Make a change of many, all or none; if some of them were refused, leave those out. Returns those to send alone. */
async function sendTogether(group: readonly Change[], sent: Sent): Promise<readonly Change[]> {
  try {
    await correctTogether(group);
    sent.done.push(...group);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const named = new Map(error.errors.map((each) => [Number(/^ids\.(\d+)$/.exec(each.field)?.[1]), each.detail]));
    const wrong = group.filter((_, index) => named.has(index));
    if (wrong.length === 0) {
      sent.refused.push(...group.map(({ recording }) => refusal(recording, error.detail)));
      return [];
    }
    group.forEach(({ recording }, index) => {
      const reason = named.get(index);
      if (reason !== undefined) sent.refused.push(refusal(recording, reason));
    });
    return group.filter((each) => !wrong.includes(each));
  }
}

async function correctTogether(group: readonly Change[]): Promise<void> {
  const ids = group.map((each) => each.recording.id);
  await fetchJson("/v1/recordings/corrections", { method: "POST", json: { ids, fields: group[0]?.fields } });
}

function patch({ recording, fields }: Change): Promise<Recording> {
  return fetchJson<Recording>(`/v1/recordings/${recording.id}`, { method: "PATCH", json: fields });
}

/** Return the changes by what they change, at most as many together as the service takes. */
function groupEqual(changes: readonly Change[]): Change[][] {
  const groups = new Map<string, Change[]>();
  for (const each of changes) {
    const key = JSON.stringify(sorted(each.fields));
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].flatMap(pieces);
}

function pieces(group: readonly Change[]): Change[][] {
  const found: Change[][] = [];
  for (let first = 0; first < group.length; first += MOST_AT_ONCE) found.push(group.slice(first, first + MOST_AT_ONCE));
  return found;
}

function sorted(fields: Fields): [string, unknown][] {
  return Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1));
}

function refusal(recording: Recording, detail: string): Refusal {
  const twinId = TWIN.exec(detail)?.[1] ?? null;
  const reason =
    twinId === null
      ? detail
      : "Another recording has the same audio, site and start that this one would have: delete one of the two, or correct the other first.";
  return { recording, reason, twinId };
}
