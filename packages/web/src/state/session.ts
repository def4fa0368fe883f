import type { Client, UnlockWish, VaultDoor } from "@moltbot/client";
import type { ConversationId, MoltbotError, PrincipalId, Result } from "@moltbot/contracts";
import type { Behind } from "./behind.ts";
import { followEvents } from "./follow.ts";
import { tendKeptThings } from "./kept-things.ts";
import type { KeptThings } from "./kept-things.ts";
import { createLoads } from "./loads.ts";
import { answerQuestions } from "./questions.ts";
import type { Questions } from "./questions.ts";
import { DEVICE_ENDED, OUTSIDE, problemOf, SIGNED_OUT } from "./refusals.ts";
import { conversationsOf } from "./select.ts";
import type { Problem } from "./state.ts";
import type { Store } from "./store.ts";
import { talk } from "./talk.ts";
import type { Talk } from "./talk.ts";

/** What a browser that is a device does beside a cookie's sign-out: its device ends, and its key goes. */
export type EndDevice = () => Promise<void>;

/** Pairs this browser under a name, by the code that it was opened with. */
type Pairing = (name: string) => Promise<Result<unknown, Problem>>;

/** Everything a person can do, as functions; each tells the store what came of it and none throws. */
export interface Session extends Talk, Questions, KeptThings {
  /** Signs in with a code, or finds the session that the cookie carries, then loads and follows everything. */
  start(code: string | null): Promise<void>;
  /** Opens the vault of a locked gateway, then starts; what was brought is sent and kept nowhere. */
  unlock(wish: UnlockWish): Promise<void>;
  open(conversationId: ConversationId | null): Promise<void>;
  /** Makes this browser a device of whoever made the pairing code it was opened with, under this name. */
  pair(name: string): Promise<void>;
  /** Shows the page that pairs this browser; the code is kept nowhere but in `pairing`. */
  askToPair(pairing: Pairing): void;
  /** Puts what was noticed away. */
  putAlarmAway(): void;
  /** Any operation, for what is loaded on demand; being signed out or locked shows as everywhere. */
  readonly call: Client["call"];
  /** Takes the error off the screen. */
  dismiss(): void;
  signOut(): Promise<void>;
}

const LOOK_AGAIN = 250;
const LOOKS = 240;
/** How long somebody who was turned out may still be told why, in milliseconds. */
const LAST_WORDS = 2000;

/**
 * `pause` waits between looks at a door that opens, handed in by tests; `endDevice` forgets what this browser holds as a device,
 * where it is one.
 */
export const createSession = (
  client: Client,
  store: Store,
  door: VaultDoor,
  pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  endDevice: EndDevice = () => Promise.resolve(),
): Session => {
  let following: AbortController | null = null;
  let me: PrincipalId | null = null;
  let pairing: Pairing | null = null;

  /** Nothing of the house is heard any more. */
  const unfollow = (): void => {
    following?.abort();
    following = null;
  };
  const stayOut = (problem: Problem | null): void => {
    unfollow();
    store.dispatch({ type: "locked", problem });
  };
  const fail = (error: MoltbotError): void => {
    if (error.code === "VAULT_LOCKED") stayOut(null);
    else if (DEVICE_ENDED.includes(error.code)) void endDevice().then(() => leave(problemOf(error)));
    else if (error.code === "NOT_SIGNED_IN" || error.code === "TOKEN_INVALID") {
      // Whoever was told why they are out keeps reading that.
      if (store.state.phase === "ready") turnOut();
    } else store.dispatch({ type: "problem", problem: problemOf(error) });
  };
  /** Out at once; the stream is heard a moment longer, because its last event may say why. */
  const turnOut = (): void => {
    const last = following;
    store.dispatch({ type: "signed-out", problem: SIGNED_OUT });
    void pause(LAST_WORDS).then(() => last?.abort());
  };
  const leave = (problem: Problem | null): void => {
    unfollow();
    store.dispatch({ type: "signed-out", problem });
  };

  const load = createLoads(client, store, fail);
  const behind: Behind = { client, store, load, fail };

  const call: Client["call"] = async (name, input, options) => {
    const answer = await client.call(name, input, options);
    if (!answer.ok && OUTSIDE.includes(answer.error.code)) fail(answer.error);
    return answer;
  };

  const signIn = (code: string | null) =>
    code === null ? client.call("sessions.current", {}) : client.call("sessions.create", { code });

  const start = async (code: string | null): Promise<void> => {
    const signed = await signIn(code);
    if (!signed.ok) {
      if (signed.error.code === "GATEWAY_UNREACHABLE") {
        store.dispatch({ type: "unreachable", problem: problemOf(signed.error) });
        return;
      }
      if (signed.error.code === "VAULT_LOCKED") return stayOut(null);
      if (DEVICE_ENDED.includes(signed.error.code)) return fail(signed.error);
      // A used link in a browser that is signed in already is no reason to lock the person out.
      const current = code === null ? signed : await client.call("sessions.current", {});
      // Without any code there is nothing to explain: the page says how to get in.
      if (!current.ok)
        return leave(code === null && signed.error.code !== "ROLE_LEAVES_OUT" ? null : problemOf(signed.error));
      store.dispatch({ type: "signed-in", principal: current.value });
    } else store.dispatch({ type: "signed-in", principal: signed.value });
    me = store.state.principal?.id ?? null;
    unfollow();
    following = new AbortController();
    void followEvents(behind, { me: () => me, stayOut: () => stayOut(null), leave }, following.signal);
    await Promise.all([load.status(), load.conversations(), load.approvals(), load.shares(), load.people()]);
    const [newest] = conversationsOf(store.state).own;
    if (store.state.conversationId === null && newest !== undefined) await open(newest.id);
  };

  const open = async (conversationId: ConversationId | null): Promise<void> => {
    store.dispatch({ type: "opened", conversationId });
    if (conversationId !== null) await load.messages(conversationId);
  };

  /** The vault is open; the house behind it needs another moment, in which nobody answers. */
  const untilOpen = async (): Promise<Problem | null> => {
    for (let look = 0; look < LOOKS; look += 1) {
      const state = await door.state();
      if (state.ok && !state.value.locked) return null;
      if (state.ok && state.value.problem !== null)
        return {
          code: state.value.problem,
          message: "The vault was opened, but what it seals does not open.",
          next: "The log of the gateway says more (logs/gateway.jsonl).",
        };
      await pause(LOOK_AGAIN);
    }
    return { code: "GATEWAY_UNREACHABLE", message: "The gateway did not get ready.", next: "Look again." };
  };

  return {
    ...talk(behind),
    ...answerQuestions(behind),
    ...tendKeptThings(behind),
    start,
    open,
    call,

    askToPair(pair) {
      pairing = pair;
      unfollow();
      store.dispatch({ type: "pairing", problem: null });
    },

    async pair(name) {
      if (pairing === null) return;
      store.dispatch({ type: "unlocking" });
      const paired = await pairing(name);
      if (!paired.ok) return store.dispatch({ type: "pairing", problem: problemOf(paired.error) });
      pairing = null;
      await start(null);
    },

    async unlock(wish) {
      store.dispatch({ type: "unlocking" });
      const opened = await door.unlock(wish);
      const problem = opened.ok ? await untilOpen() : problemOf(opened.error);
      if (problem === null) await start(null);
      else stayOut(problem);
    },

    putAlarmAway() {
      store.dispatch({ type: "alarm-seen" });
    },

    dismiss() {
      store.dispatch({ type: "problem", problem: null });
    },

    async signOut() {
      const ended = await client.call("sessions.end", {});
      await endDevice();
      if (ended.ok || ended.error.code === "NOT_SIGNED_IN") leave(null);
      else fail(ended.error);
    },
  };
};
