import "./keys.css";

import { useEffect, useMemo } from "preact/hooks";

import { isAskedAgain } from "../../api/refusals";
import { may, session } from "../../api/session";
import { KeyList } from "./key_list";
import { KeyTable } from "./KeyTable";
import { MakeKey } from "./MakeKey";
import { NewKey } from "./NewKey";
import { describeScopes } from "./scopes";

/** Keys: who may use this service, made and revoked by those who may do everything. */
export default function KeysScreen() {
  return (
    <div class="key-screen">
      <h1>Keys</h1>
      {may("admin") ? <AllKeys /> : <NotYours />}
    </div>
  );
}

function AllKeys() {
  const list = useMemo(() => new KeyList(), []);
  const who = session.value;
  useEffect(() => void list.load(), [who]);
  const keys = list.keys.value;
  return (
    <>
      {list.problem.value !== null && !list.problem.value.isUnreachable && (
        <p class="say bad" role="alert">
          {list.problem.value.detail}
          <button type="button" onClick={() => void list.load()}>
            Try again
          </button>
        </p>
      )}
      {keys !== null && <Openness list={list} />}
      <NewKey list={list} />
      {keys !== null && <KeyTable list={list} />}
      {keys !== null && <MakeKey list={list} />}
    </>
  );
}

/** Who can use the service without a key. */
function Openness({ list }: { list: KeyList }) {
  const keys = list.keys.value;
  if (keys === null || keys.asked_for || isAskedAgain.value) return null;
  if (!keys.can_be_asked_for)
    return (
      <p class="say warn">
        Everybody who reaches this address may do everything: this service was started with CHORUS_AUTH=off, and keys
        change nothing about that. Whoever runs it must start it without.
      </p>
    );
  return (
    <p class="say warn">
      Everybody who reaches this address may do everything, delete recordings too. Make the first key: from then on
      everybody needs one, and you are signed in with yours.
    </p>
  );
}

function NotYours() {
  const who = session.value;
  return (
    <p class="say">
      Your key{who?.name != null && ` (${who.name})`} may {describeScopes(who?.scopes ?? [])}. To see and make keys it
      takes one that may do everything: ask whoever gave you yours.
    </p>
  );
}
