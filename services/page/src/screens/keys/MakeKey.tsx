import { useSignal } from "@preact/signals";

import { asProblem } from "../../api/problems";
import type { Scope } from "../../api/session";
import { useOneAtATime } from "../../app/one_at_a_time";
import type { KeyList } from "./key_list";
import { chosenScopes, SCOPES } from "./scopes";

/** Makes a key: for whom, and what it may do. */
export function MakeKey({ list }: { list: KeyList }) {
  const isFirst = list.isFirst.value;
  const name = useSignal("");
  const chosen = useSignal<ReadonlySet<Scope>>(new Set(["read", "upload"]));
  const problem = useSignal<string | null>(null);
  const once = useOneAtATime();
  const scopes = isFirst ? (["admin"] as const) : chosenScopes(chosen.value);
  const toggle = (scope: Scope) => {
    const next = new Set(chosen.peek());
    if (!next.delete(scope)) next.add(scope);
    chosen.value = next;
  };
  const make = async () => {
    try {
      await list.make(name.value.trim(), scopes);
      name.value = "";
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error).detail;
    }
  };
  return (
    <form
      class="make-key"
      onSubmit={(event) => {
        event.preventDefault();
        void once.run(make);
      }}
    >
      <h2>{isFirst ? "Make the first key" : "Make a key"}</h2>
      <label class="name">
        Who or what is it for?
        <input
          required
          maxLength={200}
          autocomplete="off"
          placeholder={isFirst ? "Your name" : "Field laptop"}
          value={name}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </label>
      {isFirst ? (
        <p class="soft">The first key may do everything, so that its owner can make the others.</p>
      ) : (
        <ScopeChoice chosen={chosen.value} toggle={toggle} />
      )}
      {problem.value !== null && (
        <p class="say bad" role="alert">
          {problem.value}
        </p>
      )}
      <button class="primary" type="submit" disabled={scopes.length === 0} aria-disabled={once.isBusy.value}>
        Make key
      </button>
    </form>
  );
}

function ScopeChoice({ chosen, toggle }: { chosen: ReadonlySet<Scope>; toggle: (scope: Scope) => void }) {
  const isAll = chosen.has("admin");
  return (
    <fieldset>
      <legend>What may it do?</legend>
      {SCOPES.map(({ scope, may, explains }) => (
        <label key={scope} class="scope">
          <input
            type="checkbox"
            checked={chosen.has(scope) || isAll}
            disabled={isAll && scope !== "admin"}
            onChange={() => toggle(scope)}
          />
          <span>
            <b>{may.charAt(0).toUpperCase() + may.slice(1)}</b>
            <span class="soft">{explains}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
