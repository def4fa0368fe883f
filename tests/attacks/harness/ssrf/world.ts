import { createServer } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { ok } from "@moltbot/contracts";
import { ALL_CONTROLS, createEgressWith } from "../../../../packages/execution/src/egress/create-egress.ts";
import type { EgressControls } from "../../../../packages/execution/src/egress/create-egress.ts";
import type { Dial } from "../../../../packages/execution/src/egress/connect-checked.ts";
import type { Egress } from "../../../../packages/execution/src/egress/index.ts";
import type { Lookup } from "../../../../packages/execution/src/egress/resolve-host.ts";
import { isInternal } from "../../../support/internal-address.ts";
import { startNameServer } from "../../../support/name-server.ts";
import type { Names } from "../../../support/name-server.ts";

/** What names lead to: `inside` to this machine, `outside` to a public host, `rebinds` to one after the other. */
export type NamesLead = "inside" | "outside" | "rebinds";

/** The attacker's host, which is public and redirects to wherever it is told. */
export const REDIRECTS = "start.attacker.example";
const INSIDE = "secret of the neighbour: nobody outside may read this";
const PUBLIC_ADDRESS = "93.184.216.34";

/** A world of its own around the real egress: names are asked for over the wire, and whatever is dialled ends at a server of ours. */
export interface SsrfWorld {
  readonly egress: Egress;
  readonly lookup: Lookup;
  readonly dial: Dial;
  readonly controls: EgressControls;
  lead(where: NamesLead): void;
  /** A path of the redirecting host that leads to this address, with this status. */
  redirectTo(url: string, status: number): string;
  /** The addresses dialled since the last time somebody asked. */
  dialled(): { readonly inside: readonly string[]; readonly outside: readonly string[] };
  /** Whether a text holds what only somebody inside says. */
  tells(text: string): boolean;
  close(): Promise<void>;
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port; // a TCP server has no other address
};

/** An address as it can stand in a header: its bytes, without what would end the line. */
const asHeader = (url: string): string =>
  Buffer.from(url, "utf8")
    .toString("latin1")
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, "");

const silent = (): void => undefined;

/** Opens one; `controls` takes the place of controls of egress, none in earnest. */
export const openSsrfWorld = async (controls: Partial<EgressControls> = {}): Promise<SsrfWorld> => {
  let leads: NamesLead = "inside";
  const flips = new Map<string, number>();
  const names = await startNameServer((name, type): Names[string] => {
    const nth = flips.get(name) ?? 0;
    if (type === "A") flips.set(name, nth + 1);
    const isOutside = name === REDIRECTS || leads === "outside" || (leads === "rebinds" && nth % 2 === 0);
    return [[{ type: "A", address: isOutside ? PUBLIC_ADDRESS : "127.0.0.1" }]];
  });
  const redirects: { readonly url: string; readonly status: number }[] = [];
  const outside = createServer((request, response) => {
    const to = redirects[Number(/^\/to\/(\d+)$/.exec(request.url ?? "")?.[1] ?? "-1")];
    if (to === undefined || request.headers.host !== REDIRECTS)
      return void response.writeHead(200, { "content-type": "text/plain", connection: "close" }).end("public");
    response.writeHead(to.status, { location: asHeader(to.url), connection: "close" }).end();
  });
  const inside = createTcpServer((socket) => {
    socket.on("error", silent).once("data", () => {
      socket.end(`HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${INSIDE}`);
    });
  });
  const ports = { outside: await listen(outside), inside: await listen(inside) };
  let seen: string[] = [];
  // Nobody but us is ever dialled, also where a control is broken: a hole harms nobody.
  const dial: Dial = (address) => {
    seen.push(address);
    return connect({ host: "127.0.0.1", port: isInternal(address) ? ports.inside : ports.outside });
  };
  const whole: EgressControls = { ...ALL_CONTROLS, ...controls, dial };
  const egress = createEgressWith(
    {
      secrets: {
        lend: () => Promise.reject(new Error("no secret is named here")),
        lendTo: () => Promise.reject(new Error("no secret is named here")),
        lendAll: (use) => ok(use([])),
      },
      isCanary: () => false,
      lookup: names.lookup,
      log: { debug: silent, info: silent, warn: silent, error: silent },
    },
    whole,
  );
  return {
    egress,
    lookup: names.lookup,
    dial,
    controls: whole,
    lead: (where) => {
      leads = where;
      flips.clear();
    },
    redirectTo: (url, status) => `http://${REDIRECTS}/to/${String(redirects.push({ url, status }) - 1)}`,
    dialled: () => {
      const all = seen;
      seen = [];
      return { inside: all.filter(isInternal), outside: all.filter((address) => !isInternal(address)) };
    },
    tells: (text) => text.includes(INSIDE),
    close: async () => {
      await egress.close();
      outside.closeAllConnections();
      outside.close();
      inside.close();
      await names.close();
    },
  };
};
