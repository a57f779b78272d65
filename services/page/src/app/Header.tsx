import { session, signOut } from "../api/session";
import { complain } from "./notices";

/** The bar at the top: where one is, who is signed in. */
export function Header() {
  return (
    <header class="bar">
      <a class="name" href="/">
        Dawn Chorus
      </a>
      <div class="end">
        {session.value?.name != null && (
          <>
            <span class="soft">{session.value.name}</span>
            <button class="quiet" type="button" onClick={() => void signOut().catch(complain)}>
              Sign out
            </button>
          </>
        )}
      </div>
    </header>
  );
}
