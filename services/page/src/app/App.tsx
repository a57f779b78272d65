import "./app.css";

import { effect } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { complain } from "./notices";
import { isAskedAgain } from "../api/refusals";
import { loadSession, session, sessionProblem } from "../api/session";
import { asked as exported } from "../exports/opening";
import { hasUnsent } from "../reviews/unsent";
import { SignIn } from "../screens/sign_in/SignIn";
import { SignInAgain } from "../screens/sign_in/SignInAgain";
import { DropTarget } from "../screens/upload/DropTarget";
import { Header } from "./Header";
import { lazily, type LazyView } from "./lazy_view";
import { NoticeList } from "./NoticeList";
import { OutageBanner } from "./OutageBanner";
import { colorScheme } from "./preferences";
import { onLinkAhead, path } from "./router";

effect(() => {
  if (colorScheme.value === "system") delete document.documentElement.dataset.scheme;
  else document.documentElement.dataset.scheme = colorScheme.value;
});

const ExportSheet = lazily(() => import("../exports/ExportSheet"), "What exports detections");
const OverviewScreen = lazily(() => import("../screens/overview/OverviewScreen"));
const TaxonScreen = lazily(() => import("../screens/taxon/TaxonScreen"));
const ReviewScreen = lazily(() => import("../screens/review/ReviewScreen"));
const KeysScreen = lazily(() => import("../screens/keys/KeysScreen"));
const RecordingScreen = lazily(() => import("../screens/recording/RecordingScreen"));
const RecordingsScreen = lazily(() => import("../screens/recordings/RecordingsScreen"));

/** Load the view of an address while it is not known yet who is signed in, or while a link to it is pointed at. */
function bringAhead(where: string): void {
  const view = findView(where);
  if ("ahead" in view) view.ahead();
}

bringAhead(path.value);
onLinkAhead(bringAhead);

/** Everything that is shown: the header, the view that the address asks for, what was just done. */
export function App() {
  useEffect(() => {
    loadSession().catch(complain);
    // Left by a window that was closed before the service had it.
    if (hasUnsent()) import("../reviews/outbox").catch(complain);
  }, []);
  const View = chooseView();
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Header />
      <OutageBanner />
      <main id="main" tabIndex={-1}>
        <View key={path.value} />
      </main>
      {session.value != null && <DropTarget />}
      {session.value != null && exported.value !== null && <ExportSheet />}
      {isAskedAgain.value && <SignInAgain />}
      <NoticeList />
    </>
  );
}

function chooseView(): ComponentType {
  if (session.value === undefined) return NotYet;
  return session.value === null ? SignIn : findView(path.value);
}

/** Until it is known who is signed in: nothing, or why that cannot be said. */
function NotYet() {
  const problem = sessionProblem.value;
  if (problem === null) return null;
  return (
    <p class="say bad" role="alert">
      {problem.detail} This page tries again by itself.
    </p>
  );
}

function findView(where: string): LazyView | typeof NotFound {
  if (where === "/") return RecordingsScreen;
  if (where === "/keys") return KeysScreen;
  if (where === "/review") return ReviewScreen;
  if (where === "/overview") return OverviewScreen;
  if (where.startsWith("/taxa/")) return TaxonScreen;
  if (/^\/recordings\/[^/]+$/.test(where)) return RecordingScreen;
  return NotFound;
}

function NotFound() {
  return (
    <>
      <h1>There is nothing at this address</h1>
      <p>
        <a href="/">See all recordings</a>
      </p>
    </>
  );
}
