import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { must } from "../../tests/support/guard-house.ts";
import { newPlace, settingsFor, startGatewayProcess } from "../../tests/support/gateway-process.ts";
import type { GatewayProcess } from "../../tests/support/gateway-process.ts";
import { median, quantile } from "../result.ts";
import type { Figure } from "../result.ts";
import { startWrongTries } from "../wrong-tries.ts";

const PAIRS = 2_000;
const WARM_UP = 300;
const ADDRESSES = 20;
const REVOCATIONS = 20;
const MOST_SECONDS = 5;
const POLL = 5;
const RATE = 5_000;
const ATTACKS = 3;
const ATTACK_SECONDS = 5;
const EVERY = 10;
/** Needs a role and reads nothing from storage: what it costs over an open path is who asks. */
const AUTHENTICATED = "/v2/models";
const OPEN = "/healthz";
/** A fast machine may ask for more in a second than one token may. */
const TOO_MANY = 429;
const SECOND = 1_000;

interface Answer {
  readonly status: number;
  readonly milliseconds: number;
}
/** One connection that stays open and asks one thing at a time. */
interface Asker {
  get(path: string): Promise<Answer>;
  /** An answer that goes on; resolves with its head. */
  listen(path: string): Promise<IncomingMessage>;
  close(): void;
}

const openAsker = (origin: string, token: string | null, localAddress = "127.0.0.1"): Asker => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress });
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const ask = (path: string, more = {}): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request(new URL(path, origin), { agent, headers: { ...headers, ...more } }, resolve)
        .once("error", reject)
        .end();
    });
  return {
    get: async (path) => {
      const began = performance.now();
      const response = await ask(path);
      await new Promise((resolve) => response.resume().once("end", resolve));
      return { status: response.statusCode ?? 0, milliseconds: performance.now() - began };
    },
    listen: (path) => ask(path, { accept: "text/event-stream" }),
    close: () => agent.destroy(),
  };
};

const makeToken = async ({ client }: GatewayProcess) =>
  must(await client.call("tokens.create", { name: "bench", role: "member" }));

/** The same connection and machine with a token and without one, in turns. */
const measureOverhead = async (gateway: GatewayProcess): Promise<Figure> => {
  const known = openAsker(gateway.url, (await makeToken(gateway)).token);
  // What one address may ask for without a token is bounded.
  const nobodies = Array.from({ length: ADDRESSES }, (_unused, at) =>
    openAsker(gateway.url, null, `127.0.0.${String(2 + at)}`),
  );
  const [with_, without]: [number[], number[]] = [[], []];
  for (let at = 0; at < WARM_UP + PAIRS; at += 1) {
    const open = (await nobodies[at % ADDRESSES]?.get(OPEN)) ?? { status: 0, milliseconds: Number.NaN };
    const asked = await known.get(AUTHENTICATED);
    if (open.status === TOO_MANY || asked.status === TOO_MANY) {
      await pause(SECOND);
      continue;
    }
    if (open.status !== 200 || asked.status !== 200)
      throw new Error(`not answered: ${String(open.status)} ${String(asked.status)}`);
    if (at < WARM_UP) continue;
    without.push(open.milliseconds);
    with_.push(asked.milliseconds);
  }
  for (const asker of [known, ...nobodies]) asker.close();
  return {
    name: "an authenticated request over an unauthenticated one, p50",
    value: median(with_) - median(without),
    unit: "ms",
    limit: 0.8,
    sense: "most",
    scaled: true,
  };
};

/** Seconds from the wish to revoke a token until nothing that was opened with it gets anything any more. */
const revokeOnce = async (gateway: GatewayProcess): Promise<number> => {
  const { token, id } = await makeToken(gateway);
  const askers = [openAsker(gateway.url, token), openAsker(gateway.url, token)];
  const listener = openAsker(gateway.url, token);
  const stream = await listener.listen("/v2/events");
  if (stream.statusCode !== 200) throw new Error(`no stream: ${String(stream.statusCode)}`);
  const ended = new Promise<number>((resolve) => {
    for (const event of ["end", "close", "error"]) stream.resume().once(event, () => resolve(performance.now()));
  });
  const polled = askers.map(async (asker) => {
    let served = 0;
    for (const until = performance.now() + MOST_SECONDS * 1_000; performance.now() < until;) {
      const { status } = await asker.get(AUTHENTICATED);
      if (status === 200) served = performance.now();
      else if (status !== TOO_MANY) return served;
      await pause(POLL);
    }
    return served;
  });
  await pause(20);
  const began = performance.now();
  must(await gateway.client.call("tokens.revoke", { tokenId: id }));
  const late = pause(MOST_SECONDS * 1_000).then(() => performance.now());
  const last = Math.max(...(await Promise.all([...polled, Promise.race([ended, late])])));
  for (const asker of [...askers, listener]) asker.close();
  return Math.max(0, last - began) / 1_000;
};

const measureRevocation = async (gateway: GatewayProcess): Promise<Figure> => {
  const took: number[] = [];
  for (let at = 0; at < REVOCATIONS; at += 1) took.push(await revokeOnce(gateway));
  return {
    name: `a token revoked everywhere, the slowest of ${String(REVOCATIONS)}`,
    value: Math.max(...took),
    unit: "s",
    limit: 1,
    sense: "most",
    scaled: true,
  };
};

/** The p95 of somebody with a good token who asks a hundred times a second, where that can be kept up. */
const served = async (asker: Asker, seconds: number): Promise<number> => {
  const times: number[] = [];
  const until = performance.now() + seconds * 1_000;
  for (let due = performance.now(); due < until; due = Math.max(due + EVERY, performance.now())) {
    await pause(Math.max(0, due - performance.now()));
    const { status, milliseconds } = await asker.get(AUTHENTICATED);
    if (status !== 200) throw new Error(`a good token was refused: ${String(status)}`);
    times.push(milliseconds);
  }
  return quantile(times, 0.95);
};

const measureWrongTries = async (gateway: GatewayProcess): Promise<Figure> => {
  const asker = openAsker(gateway.url, (await makeToken(gateway)).token);
  const port = Number(new URL(gateway.url).port);
  const attacks: { readonly ratio: number; readonly rate: number }[] = [];
  await served(asker, 1);
  for (let at = 0; at < ATTACKS; at += 1) {
    const quiet = await served(asker, ATTACK_SECONDS);
    const trying = startWrongTries(port, RATE, ATTACK_SECONDS + 1);
    await pause(500);
    const beside = await served(asker, ATTACK_SECONDS);
    const { sent, answered } = await trying;
    process.stderr.write(
      `  p95 ${quiet.toFixed(2)} ms, beside ${String(Math.round(sent))} tries a second (${String(Math.round(answered))} answered) ${beside.toFixed(2)} ms\n`,
    );
    attacks.push({ ratio: beside / quiet, rate: sent });
  }
  asker.close();
  // A machine that cannot send as many says how many it sent: the limit is about 5,000.
  const rate = Math.round(median(attacks.map((attack) => attack.rate)) / 100) * 100;
  return {
    name: `others' p95 beside ${rate.toLocaleString("en")} wrong tries a second`,
    value: median(attacks.map(({ ratio }) => ratio)),
    unit: "times",
    limit: 2,
    sense: "most",
    scaled: false,
  };
};

/** Who asks, over HTTP and a real gateway: what it costs to know, how fast it ends, and who guesses beside others. */
export const measureRequests = async (): Promise<readonly Figure[]> => {
  // No message is sent, so nothing has to answer for the model.
  const place = newPlace(settingsFor("http://127.0.0.1:9"));
  const gateway = await startGatewayProcess(place);
  try {
    return [await measureOverhead(gateway), await measureRevocation(gateway), await measureWrongTries(gateway)];
  } finally {
    await gateway.kill("SIGTERM");
    place.remove();
  }
};
