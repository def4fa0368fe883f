import { createClient, createVaultDoor, fetchTransport } from "@moltbot/client";
import { MoltbotApp } from "./elements/moltbot-app.ts";
import { takeCode } from "./sign-in-code.ts";
import { createSession } from "./state/session.ts";
import { createStore } from "./state/store.ts";
import "./elements/approval-group.ts";
import "./elements/message-composer.ts";

const code = takeCode(location, history);
const store = createStore();
const transport = fetchTransport();
const session = createSession(createClient({ transport }), store, createVaultDoor(transport));

const app = document.querySelector("moltbot-app");
if (app instanceof MoltbotApp) app.connect(store, session);
void session
  .start(code)
  .then(() => import("./elements/on-demand.ts"))
  .catch(() => {
    const problem = {
      code: "GATEWAY_UNREACHABLE",
      message: "A part of this page could not be loaded.",
      next: "Reload the page.",
    };
    store.dispatch({ type: "problem", problem });
  });

// A second link opened in this tab only changes the fragment.
addEventListener("hashchange", () => {
  const next = takeCode(location, history);
  if (next !== null) void session.start(next);
});
