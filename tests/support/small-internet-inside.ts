/** Runs inside the small internet (see small-internet.ts), in a process of its own; says what came of it on its standard output. */
import { createServer } from "node:http";
import { connect, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { classifyAddress, createEgress, openGate } from "../../packages/execution/src/egress/index.ts";
import type { Egress, EgressOptions } from "../../packages/execution/src/egress/index.ts";
import { dialAddress } from "../../packages/execution/src/egress/connect-checked.ts";
import type { Dial } from "../../packages/execution/src/egress/connect-checked.ts";
import { ALL_CONTROLS, createEgressWith } from "../../packages/execution/src/egress/create-egress.ts";
import { lookupBySystem } from "../../packages/execution/src/egress/resolve-host.ts";
import { startNameServer } from "./name-server.ts";
import type { InternetJob, InternetReport, InternetTry } from "./small-internet.ts";

const job = JSON.parse(process.argv[2] ?? "") as InternetJob; // written by small-internet.ts
const reached: string[] = [];

/** Every address of the world is this machine's own: whoever dials one comes here. */
const web = createServer((request, response) => {
  const location = job.redirects?.[`${String(request.headers.host)}${String(request.url)}`];
  if (location !== undefined) return void response.writeHead(307, { location, connection: "close" }).end();
  response.writeHead(200, { connection: "close", "content-type": "text/plain" }).end("somebody answers");
});
const note = (socket: Socket): void => {
  reached.push((socket.localAddress ?? "").replace(/^::ffff:(?=[\d.]+$)/, ""));
  socket.on("error", () => undefined);
};
web.on("connection", note);
await new Promise<void>((resolve) => void web.listen(80, "::", resolve));
const tls = createServer().on("connection", note);
await new Promise<void>((resolve) => void tls.listen(443, "::", resolve));
const names = await startNameServer(job.names, { port: 53 });

const options: EgressOptions = {
  secrets: {
    lend: async () => Promise.reject(new Error("no secret is lent here")),
    lendTo: async () => Promise.reject(new Error("no secret is lent here")),
    lendAll: (use) => ({ ok: true, value: use([]) }),
  },
  isCanary: () => false,
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
};

/** As a careless client dials: it was given an address that was checked, and asks for the name once more. */
const dialName =
  (host: string): Dial =>
  (_address, port) =>
    connect({ host, port });

const partsFor = (host: string): { readonly dial: Dial; readonly check: (address: string) => string } => ({
  dial: job.unplug === "resolves-twice" ? dialName(host) : dialAddress,
  check: job.unplug === "no-check" ? () => "public" : classifyAddress,
});
const egressFor = (host: string): Egress =>
  job.unplug === undefined ? createEgress(options) : createEgressWith(options, { ...ALL_CONTROLS, ...partsFor(host) });

const never = new AbortController().signal;
const tryGate = async (host: string, speaks: "connect" | "socks"): Promise<string> => {
  const path = "/run/gate.sock";
  let code = "ok";
  const gate = await openGate(
    path,
    { kind: "tool", hosts: [`${host}:443`], granted: [] },
    { lookup: lookupBySystem, ...partsFor(host), passed: ({ error }) => (code = error?.code ?? "ok") },
  );
  if (!gate.ok) return gate.error.code;
  const socket = connect(path);
  const bytes = Buffer.from(host);
  const asks =
    speaks === "connect"
      ? [`CONNECT ${host}:443 HTTP/1.1\r\n\r\n`]
      : [
          Buffer.from([5, 1, 0]),
          Buffer.concat([Buffer.from([5, 1, 0, 3, bytes.length]), bytes, Buffer.from([1, 187])]),
        ];
  for (const ask of asks) {
    socket.write(ask);
    await new Promise(
      (resolve) =>
        void socket
          .once("data", resolve)
          .once("close", resolve)
          .on("error", () => undefined),
    );
  }
  if (!socket.destroyed) {
    const hello = connectTls({ socket, ...(isIP(host) === 0 ? { servername: host } : {}) }).on(
      "error",
      () => undefined,
    );
    const before = reached.length;
    for (let looks = 0; looks < 60 && !hello.destroyed && reached.length === before; looks += 1)
      await new Promise((resolve) => void setTimeout(resolve, 10));
  }
  socket.destroy();
  await gate.value.close();
  return code;
};

const tryOnce = async ({ via, url }: InternetTry): Promise<string> => {
  const { hostname, host } = new URL(url);
  const place = host.includes(":") ? host : `${host}:80`;
  if (via === "connect" || via === "socks") return tryGate(hostname, via);
  const egress = egressFor(hostname);
  const authority = { kind: "tool", hosts: [place], granted: [] } as const;
  try {
    if (via === "fetch") {
      const answer = await egress.fetchFor(authority, null)(url);
      return `status ${String(answer.status)} ${await answer.text()}`;
    }
    const answer = await egress.send(authority, { method: "GET", url }, never);
    return answer.ok ? `status ${String(answer.value.status)}` : answer.error.code;
  } catch (fault) {
    return fault instanceof Error && "error" in fault ? (fault.error as { code: string }).code : String(fault); // an EgressFault
  } finally {
    await egress.close();
  }
};

const outcomes: string[] = [];
for (const one of job.tries) outcomes.push(await tryOnce(one));
const report: InternetReport = { outcomes, reached, asked: names.asked };
process.stdout.write(JSON.stringify(report), () => process.exit(0));
