/** The keys of the service, and what is done with them. */
import { computed, signal } from "@preact/signals";

import { fetchJson } from "../../api/client";
import { asProblem, type Problem } from "../../api/problems";
import { type Scope, signIn } from "../../api/session";
import type { Key, Keys, NewKey } from "../../api/types";
import { complain } from "../../app/notices";

export class KeyList {
  /** null: not read yet. */
  readonly keys = signal<Keys | null>(null);
  readonly problem = signal<Problem | null>(null);
  /** The key that was just made: it cannot be read again. */
  readonly made = signal<NewKey | null>(null);
  readonly valid = computed(() => this.keys.value?.items.filter((each) => each.revoked_at === null) ?? []);
  readonly revoked = computed(() => this.keys.value?.items.filter((each) => each.revoked_at !== null) ?? []);
  /** No key was ever made, and the first one will close the service. */
  readonly isFirst = computed(() => this.keys.value?.items.length === 0);

  async load(): Promise<void> {
    try {
      this.keys.value = await fetchJson<Keys>("/v1/keys");
      this.problem.value = null;
    } catch (error) {
      this.problem.value = asProblem(error);
    }
  }

  /** Make a key. The first one closes the service: whoever made it is signed in with it at once. */
  async make(name: string, scopes: readonly Scope[]): Promise<void> {
    const closes = this.isFirst.peek() && this.keys.peek()?.can_be_asked_for === true;
    const made = await fetchJson<NewKey>("/v1/keys", { method: "POST", json: { name, scopes } });
    this.made.value = made;
    // It is made, whatever becomes of this: a second one is not what is wanted.
    if (closes) await signIn(made.key).catch(complain);
    await this.load();
  }

  async revoke(key: Key): Promise<void> {
    await fetchJson<Key>(`/v1/keys/${key.id}`, { method: "DELETE" });
    if (this.made.peek()?.id === key.id) this.made.value = null;
    await this.load();
  }
}
