/** Sends corrections: the same of many in one request, each one's own by itself. */
import { fetchJson } from "../../../api/client";
import { askForEach, type Refused } from "../../../api/each";
import { asProblem, Problem } from "../../../api/problems";
import type { Recording } from "../../../api/types";
import type { Change, Fields } from "./changes";

export interface Sent {
  done: Change[];
  refused: Refused<Recording>[];
}

const MOST_AT_ONCE = 500;

/** Make the changes; what is refused says why, and the others are made all the same. */
export async function sendChanges(changes: readonly Change[]): Promise<Sent> {
  const sent: Sent = { done: [], refused: [] };
  const alone: Change[] = [];
  for (const group of groupEqual(changes)) {
    alone.push(...(group.length === 1 ? group : await sendTogether(group, sent)));
  }
  const { done, refused } = await askForEach(alone, patch);
  sent.done.push(...done.map(({ item }) => item));
  sent.refused.push(...refused.map(({ item, problem }) => ({ item: item.recording, problem })));
  return sent;
}

/** Make a change of many, all or none; if some of them were refused, leave those out. Returns those to send alone. */
async function sendTogether(group: readonly Change[], sent: Sent): Promise<readonly Change[]> {
  try {
    await correctTogether(group);
    sent.done.push(...group);
    return [];
  } catch (error) {
    const problem = asProblem(error);
    const named = new Map(problem.errors.map((each) => [Number(/^ids\.(\d+)$/.exec(each.field)?.[1]), each.detail]));
    const isNamed = group.some((_, index) => named.has(index));
    group.forEach(({ recording }, index) => {
      const detail = isNamed ? named.get(index) : problem.detail;
      if (detail === undefined) return;
      sent.refused.push({ item: recording, problem: new Problem(problem.kind, problem.status, detail) });
    });
    return isNamed ? group.filter((_, index) => !named.has(index)) : [];
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
