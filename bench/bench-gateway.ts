import { Agent, request } from "node:http";
import { newPlace, runCli, settingsFor, startGatewayProcess } from "../tests/support/gateway-process.ts";
import type { GatewayProcess, Place } from "../tests/support/gateway-process.ts";
import { startMockModel } from "./mock-model.ts";
import type { MockModel } from "./mock-model.ts";

/** A real gateway process with everything on, over a model that costs nothing, and one keep-alive client with a token. */
export interface BenchGateway {
  readonly place: Place;
  readonly gateway: GatewayProcess;
  readonly model: MockModel;
  /** Sends one message and waits for its reply; the milliseconds it took. Throws on anything but a reply. */
  send(
    conversationId: string | null,
    content: string,
  ): Promise<{ readonly milliseconds: number; readonly conversationId: string }>;
  close(): Promise<void>;
}

const post = (agent: Agent, url: URL, token: string, body: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: "POST",
        agent,
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => (text += piece));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });

export const startBenchGateway = async (): Promise<BenchGateway> => {
  const model = await startMockModel();
  const place = newPlace(settingsFor(model.origin));
  const gateway = await startGatewayProcess(place);
  const created = await runCli(place, ["token", "create", "--role", "owner", "--json"]);
  const { token } = JSON.parse(created.stdout) as { token: string }; // our own output
  const agents = await gateway.client.call("agents.list", {});
  if (!agents.ok || agents.value[0] === undefined) throw new Error("no agent");
  const url = new URL(`/v2/agents/${agents.value[0].id}/messages`, gateway.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    place,
    gateway,
    model,
    send: async (conversationId, content) => {
      const began = performance.now();
      const { status, text } = await post(
        agent,
        url,
        token,
        JSON.stringify({ content, conversationId: conversationId ?? "new" }),
      );
      const milliseconds = performance.now() - began;
      const report = JSON.parse(text) as { state?: string; conversationId: string }; // our own gateway
      if (status !== 200 || report.state !== "done")
        throw new Error(`no reply: ${String(status)} ${text.slice(0, 300)}`);
      return { milliseconds, conversationId: report.conversationId };
    },
    close: async () => {
      agent.destroy();
      await gateway.kill("SIGTERM");
      await model.close();
      place.remove();
    },
  };
};
