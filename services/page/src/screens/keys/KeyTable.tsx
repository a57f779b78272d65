import { useSignal } from "@preact/signals";

import type { Key } from "../../api/types";
import type { KeyList } from "./key_list";
import { RevokeDialog } from "./RevokeDialog";
import { describeScopes } from "./scopes";

/** The keys that are in force, and behind them those that were revoked. */
export function KeyTable({ list }: { list: KeyList }) {
  const asked = useSignal<Key | null>(null);
  const [valid, revoked] = [list.valid.value, list.revoked.value];
  return (
    <>
      {valid.length > 0 && <Table keys={valid} caption="Keys in force" revoke={(key) => (asked.value = key)} />}
      {revoked.length > 0 && (
        <details>
          <summary>{revoked.length === 1 ? "1 revoked key" : `${revoked.length} revoked keys`}</summary>
          <Table keys={revoked} caption="Revoked keys" />
        </details>
      )}
      {asked.value !== null && <RevokeDialog list={list} keyOf={asked.value} close={() => (asked.value = null)} />}
    </>
  );
}

function Table({ keys, caption, revoke }: { keys: readonly Key[]; caption: string; revoke?: (key: Key) => void }) {
  return (
    <table class="keys">
      <caption class="hidden-visually">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">For</th>
          <th scope="col">May</th>
          <th scope="col">Begins with</th>
          <th scope="col">Made</th>
          <th scope="col">{revoke ? "Last used" : "Revoked"}</th>
          {revoke ? (
            <th scope="col">
              <span class="hidden-visually">Revoke</span>
            </th>
          ) : (
            <td />
          )}
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row">
              {key.name}
              {key.is_yours && <span class="yours">yours</span>}
            </th>
            <td>{describeScopes(key.scopes)}</td>
            <td>
              <code>{key.begins}…</code>
            </td>
            <td>
              <Moment at={key.created_at} />
            </td>
            <td>
              <Moment at={revoke ? key.last_used_at : key.revoked_at} />
            </td>
            <td>
              {revoke && (
                <button type="button" aria-label={`Revoke the key for ${key.name}`} onClick={() => revoke(key)}>
                  Revoke
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A moment of the service's own life, as UTC. */
function Moment({ at }: { at: string | null }) {
  if (at === null) return <span class="soft">never</span>;
  const text = new Date(at).toISOString();
  return (
    <time dateTime={text} title={`${text.slice(0, 10)} ${text.slice(11, 16)} UTC`}>
      {text.slice(0, 10)}
    </time>
  );
}
