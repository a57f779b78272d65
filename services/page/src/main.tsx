import "./styles/tokens.css";
import "./styles/base.css";

import { render } from "preact";

import { App } from "./app/App";
import { startRouter } from "./app/router";

startRouter();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
