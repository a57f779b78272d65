import { may, session, signOut } from "../api/session";
import { HelpButton } from "./HelpButton";
import { UploadMark } from "../screens/upload/UploadMark";
import { useOneAtATime } from "./one_at_a_time";
import { path } from "./router";
import { Settings } from "./Settings";

/** The bar at the top: where one can go and where one is, what can be set, who is signed in. */
export function Header() {
  const isSignedIn = session.value != null;
  const once = useOneAtATime();
  return (
    <header class="bar">
      <a class="name" href="/">
        Dawn Chorus
      </a>
      {isSignedIn && (
        <nav aria-label="Views">
          <a
            href="/"
            aria-current={path.value === "/" ? "page" : path.value.startsWith("/recordings/") ? "true" : false}
          >
            Recordings
          </a>
          <a href="/review" aria-current={path.value === "/review" ? "page" : false}>
            Review
          </a>
          <a href="/overview" aria-current={/^\/(overview$|taxa\/)/.test(path.value) ? "page" : false}>
            Overview
          </a>
          {may("admin") && (
            <a href="/keys" aria-current={path.value === "/keys" ? "page" : false}>
              Keys
            </a>
          )}
        </nav>
      )}
      <div class="end">
        <UploadMark />
        {session.value?.name != null && (
          <>
            <span class="soft">{session.value.name}</span>
            <button class="quiet" type="button" onClick={() => void once.run(signOut)}>
              Sign out
            </button>
          </>
        )}
        <HelpButton />
        <Settings />
      </div>
    </header>
  );
}
