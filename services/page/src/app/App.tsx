import "./app.css";

import { effect } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { complain } from "./notices";
import { loadSession, session } from "../api/session";
import { KeysScreen } from "../screens/keys/KeysScreen";
import { RecordingScreen } from "../screens/recording/RecordingScreen";
import { RecordingsScreen } from "../screens/recordings/RecordingsScreen";
import { SignIn } from "../screens/sign_in/SignIn";
import { DropTarget } from "../screens/upload/DropTarget";
import { Header } from "./Header";
import { NoticeList } from "./NoticeList";
import { colorScheme } from "./preferences";
import { path } from "./router";

effect(() => {
  if (colorScheme.value === "system") delete document.documentElement.dataset.scheme;
  else document.documentElement.dataset.scheme = colorScheme.value;
});

/** Everything that is shown: the header, the view that the address asks for, what was just done. */
export function App() {
  useEffect(() => void loadSession().catch(complain), []);
  if (session.value === undefined) return null;
  const View = session.value === null ? SignIn : findView(path.value);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Header />
      <main id="main" tabIndex={-1}>
        <View key={path.value} />
      </main>
      {session.value !== null && <DropTarget />}
      <NoticeList />
    </>
  );
}

function findView(where: string): ComponentType {
  if (where === "/") return RecordingsScreen;
  if (where === "/keys") return KeysScreen;
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
