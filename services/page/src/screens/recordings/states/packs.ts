/** Which packs are installed: without one nothing can be analyzed. */
import { computed, signal } from "@preact/signals";

import { fetchJson } from "../../../api/client";
import type { Pack } from "../../../api/types";

/** null: not asked yet. */
export const packs = signal<readonly Pack[] | null>(null);
export const usualPack = computed(() => packs.value?.find((each) => each.is_default)?.name ?? null);

export async function loadPacks(): Promise<void> {
  packs.value = (await fetchJson<{ items: Pack[] }>("/v1/packs")).items;
}
