import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { JsonObject, ToolCall } from "@moltbot/contracts";
import { createEgress } from "../../../egress/index.ts";
import type { Egress } from "../../../egress/index.ts";
import { BUILT_IN_TOOLS, createToolExecutor } from "../../create-tool-executor.ts";
import { buildHouse, callOf, scope } from "../../test-support/world.ts";
import type { ToolPorts } from "../../tool.ts";
import type { SearchSettings } from "../search-service.ts";

export const KEY = "BSA-canary-7f3a2b91c8d4";

/** A listener on loopback that keeps what it was asked. */
export interface Neighbour {
  readonly port: number;
  readonly origin: string;
  readonly heard: Pick<IncomingMessage, "method" | "url" | "headers">[];
  close(): Promise<void>;
}

export const startNeighbour = async (answer: RequestListener): Promise<Neighbour> => {
  const heard: Neighbour["heard"] = [];
  const server = createServer((request, response) => {
    heard.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    answer(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has no other address
  return {
    port,
    origin: `http://127.0.0.1:${String(port)}`,
    heard,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

export const say =
  (body: string, type: string, status = 200, headers: Readonly<Record<string, string>> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { "content-type": type, ...headers });
    response.end(body);
  };

/** The real way out, over a vault that lends one key to one host; null: to anybody, as no vault does. */
export const egressOver = (boundTo: string | null, names: (host: string) => readonly string[] = () => []): Egress => {
  const silent = (): void => undefined;
  return createEgress({
    secrets: {
      lendTo: async (_person, name) => err(moltbotError("SECRET_NOT_FOUND", { name })),
      lendAll: (use) => ok(use([KEY])),
      lend: async (name, host, use) => {
        if (name !== "search") return err(moltbotError("SECRET_NOT_FOUND", { name }));
        return boundTo === null || host === boundTo
          ? ok(await use(KEY))
          : err(moltbotError("SECRET_NOT_BOUND", { name, host }));
      },
    },
    isCanary: () => false,
    lookup: async (host) => names(host),
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
};

export interface SearchHouse {
  readonly ports: ToolPorts;
  resolve(given: JsonObject): Promise<string>;
  /** The text of a search, or its error's code and words. */
  search(given: JsonObject, more?: Partial<ToolCall>): Promise<string>;
  close(): Promise<void>;
}

/** The tools over a real way out, with every permit good: what is tested is what the search does by itself. */
export const openSearchHouse = async (
  settings: SearchSettings | (() => SearchSettings),
  egress: Egress,
  seconds?: number,
): Promise<SearchHouse> => {
  const house = await buildHouse();
  const searchSettings = typeof settings === "function" ? settings : () => settings;
  const ports: ToolPorts = { ...house.ports, egress, searchSettings };
  const tools = createToolExecutor(
    { ...ports, redeemer: house.permits },
    seconds === undefined ? BUILT_IN_TOOLS : BUILT_IN_TOOLS.map((tool) => ({ ...tool, seconds })),
  );
  return {
    ports,
    resolve: async (given) => {
      const resolved = await tools.resolve(callOf("web.search", given));
      return resolved.ok ? resolved.value.map(({ value }) => value).join(" ") : resolved.error.code;
    },
    search: async (given, more = {}) => {
      const call = callOf("web.search", given, more);
      const looked = await tools.resolve(call);
      const permit = house.permits.mint(call, looked.ok ? looked.value : []);
      const found = await tools.run(permit, call, scope, new AbortController().signal);
      return found.ok ? found.value.text : `${found.error.code}: ${found.error.message}`;
    },
    close: async () => {
      await egress.close();
      await house.close();
    },
  };
};
