import type { DomainEvent, PrincipalId, SharedObject } from "@moltbot/contracts";
import type { Behind } from "./behind.ts";
import { DEVICE_COPIED, OUT_WORDS } from "./refusals.ts";
import { openShared } from "./select.ts";
import type { Problem } from "./state.ts";

/** Who listens, and how what is heard may end the session. */
export interface Listener {
  readonly me: () => PrincipalId | null;
  /** The vault was locked. */
  readonly stayOut: () => void;
  /** Whoever is signed in may not be here any more. */
  readonly leave: (problem: Problem) => void;
}

/** Hears what happens in the house until the signal ends it, and loads what it changes on the screen. */
export const followEvents = async (
  { client, store, load, fail }: Behind,
  { me, stayOut, leave }: Listener,
  signal: AbortSignal,
): Promise<void> => {
  /** What somebody else shows may be more or less now, or nothing. */
  const hearOfShare = async ({ type, id }: SharedObject): Promise<void> => {
    await load.shares();
    if (type !== "conversation") return;
    await load.conversations();
    const shared = openShared(store.state);
    if (shared?.id === id) await load.messages(shared.id);
  };

  const onEvent = (event: DomainEvent): void => {
    if (event.name === "vault:locked") return stayOut();
    const ofMe = event.name === "person:changed" && event.payload.person.id === me();
    if (ofMe) {
      const { state } = event.payload.person;
      if (state === "suspended" || state === "left") return leave(OUT_WORDS[state]);
    }
    if (store.state.phase !== "ready") return;
    store.dispatch({ type: "event", event });
    if (event.name === "approval:answered") void load.approval(event.payload.approvalId);
    if (event.name === "agent:stopped" || event.name === "reminder:fired") void load.conversations();
    // A stop withdraws questions and changes what is granted.
    if (event.name === "system:stopped") void load.approvals();
    if (event.name.startsWith("system:") && store.state.capabilities !== null) void load.capabilities();
    // A plugin or a skill brings its tools to agents, and takes them along.
    if (event.name === "config:changed" || event.name === "share:changed" || event.name === "package:changed")
      void load.status();
    if (event.name === "share:changed") void hearOfShare(event.payload.object);
    if (ofMe) void load.people();
    if (event.name === "device:changed" && event.payload.state === "reused")
      store.dispatch({ type: "problem", problem: DEVICE_COPIED });
    if (event.name === "source:removed" || event.name === "subject:erased") void load.remains();
    if (event.name === "subject:erased") void load.conversations();
  };

  let opened = false;
  const ended = await client.events(onEvent, signal, {
    onState: (state) => {
      if (store.state.phase !== "ready") return;
      store.dispatch({ type: "connection", connection: state === "waiting" ? "lost" : "open" });
      if (state === "gap" || (state === "open" && opened)) void load.reload();
      if (state === "open") opened = true;
    },
  });
  if (!ended.ok && !signal.aborted) fail(ended.error);
};
