import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";

export interface SocketWish {
  readonly port?: number;
  readonly socketPath?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface Refused {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly json: Record<string, unknown>;
}
export interface Spoken {
  readonly id?: string | null;
  readonly ok?: boolean;
  readonly output?: unknown;
  readonly error?: Record<string, unknown>;
  readonly event?: Record<string, unknown>;
}
export interface TestSocket {
  /** The headers of the 101. */
  readonly headers: IncomingHttpHeaders;
  readonly heard: Spoken[];
  readonly pings: () => number;
  /** Sends one text frame. */
  say(value: unknown): void;
  /** Sends one frame with any opcode and bytes. */
  sendFrame(opcode: number, payload: Buffer, wish?: { readonly masked?: boolean; readonly final?: boolean }): void;
  sendRaw(bytes: Buffer): void;
  /** The answer with this id. */
  answer(id: string): Promise<Spoken>;
  /** Sends a request and gives its answer. */
  ask(id: string, operation: string, input?: unknown): Promise<Spoken>;
  /** The close code (0 without one) when the other side ends it. */
  readonly closed: Promise<number>;
  leave(): void;
  /** Whether pings are answered. */
  deaf: boolean;
}

const frameOf = (opcode: number, payload: Buffer, masked = true, final = true): Buffer => {
  const length = payload.length;
  const head = length < 126 ? Buffer.alloc(2) : length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
  head[0] = (final ? 0x80 : 0) | opcode;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  if (!masked) return Buffer.concat([head, payload]);
  head[1] = (head[1] ?? 0) | 0x80;
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))]);
};

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly size: number;
}
const firstFrame = (bytes: Buffer): Frame | undefined => {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < start + length) return undefined;
  return {
    opcode: (bytes[0] ?? 0) & 0x0f,
    payload: bytes.subarray(start, start + length),
    size: start + length,
  };
};

const talkOver = (duplex: Duplex, first: Buffer, headers: IncomingHttpHeaders): TestSocket => {
  const heard: Spoken[] = [];
  const waiting = new Set<() => void>();
  let pings = 0;
  let bytes = first;
  let code = 0;
  const sendFrame: TestSocket["sendFrame"] = (opcode, payload, wish = {}) =>
    void duplex.write(frameOf(opcode, payload, wish.masked, wish.final));
  const take = ({ opcode, payload }: Frame): void => {
    if (opcode === 1) heard.push(JSON.parse(payload.toString()) as Spoken);
    if (opcode === 8) {
      code = payload.length < 2 ? 0 : payload.readUInt16BE(0);
      sendFrame(8, payload);
    }
    if (opcode === 9) {
      pings += 1;
      if (!socket.deaf) sendFrame(10, payload);
    }
  };
  const read = (): void => {
    for (let frame = firstFrame(bytes); frame !== undefined; frame = firstFrame(bytes)) {
      bytes = bytes.subarray(frame.size);
      take(frame);
    }
    waiting.forEach((check) => check());
  };
  const closed = new Promise<number>((resolve) => duplex.on("close", () => resolve(code)));
  const answer = (id: string): Promise<Spoken> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${id} in ${JSON.stringify(heard)}`)), 5000);
      const check = (): void => {
        const found = heard.find((one) => one.id === id);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  const say = (value: unknown): void => sendFrame(1, Buffer.from(JSON.stringify(value)));
  const socket: TestSocket = {
    headers,
    heard,
    pings: () => pings,
    say,
    sendFrame,
    sendRaw: (raw) => void duplex.write(raw),
    answer,
    ask: (id, operation, input) => {
      say({ id, operation, ...(input === undefined ? {} : { input }) });
      return answer(id);
    },
    closed,
    leave: () => duplex.destroy(),
    deaf: false,
  };
  duplex.on("error", () => undefined);
  duplex.on("end", () => duplex.end());
  duplex.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    read();
  });
  read();
  return socket;
};

/** Asks for a WebSocket with node:http, which lets a test set any header; gives the socket, or the answer that refused it. */
export const openSocket = (wish: SocketWish): Promise<TestSocket | Refused> =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      ...(wish.socketPath === undefined ? { host: "127.0.0.1", port: wish.port } : { socketPath: wish.socketPath }),
      method: wish.method ?? "GET",
      path: wish.path ?? "/v2/socket",
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
        ...wish.headers,
      },
      agent: false,
    });
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => (text += chunk));
      incoming.on("close", () => {
        let json: Record<string, unknown> = {};
        try {
          json = JSON.parse(text) as Record<string, unknown>;
        } catch {
          // Not a problem document: the test sees an empty one.
        }
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, json });
      });
    });
    outgoing.on("upgrade", (incoming, duplex, head) => resolve(talkOver(duplex, head, incoming.headers)));
    outgoing.on("error", reject);
    outgoing.end();
  });

/** The socket, when it must have opened. */
export const mustOpen = async (wish: SocketWish): Promise<TestSocket> => {
  const opened = await openSocket(wish);
  if ("status" in opened) throw new Error(`refused with ${opened.status} ${JSON.stringify(opened.json)}`);
  return opened;
};

/** The refusal, when it must have been refused. */
export const mustRefuse = async (wish: SocketWish): Promise<Refused> => {
  const opened = await openSocket(wish);
  if ("status" in opened) return opened;
  opened.leave();
  throw new Error("the socket opened");
};
