import { join } from "node:path";
import { createClient } from "@moltbot/client";
import type { Client } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import type { Agent, OperationRequest, TurnReport } from "@moltbot/contracts";
import { placesOf, startGateway } from "@moltbot/gateway";
import type { Gateway } from "@moltbot/gateway";
import { openSettings } from "../../packages/gateway/src/settings/index.ts";
import { startScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import type { Script, ScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import { newPlace, settingsFor } from "./gateway-process.ts";
import type { Place } from "./gateway-process.ts";

/** A whole gateway inside the test's process, over a model that says what the script says. */
export interface TestGateway {
  readonly place: Place;
  readonly gateway: Gateway;
  readonly model: ScriptedServer;
  readonly client: Client;
  readonly agent: Agent;
  readonly workspace: string;
  send(content: string, more?: Partial<OperationRequest<"messages.send">>): Promise<TurnReport>;
  close(): Promise<void>;
}

export const startTestGateway = async (script: Script): Promise<TestGateway> => {
  const model = await startScriptedServer(script);
  const place = newPlace(settingsFor(model.origin));
  const settings = openSettings({
    file: join(place.home, "moltbot.json5"),
    environment: {},
    flags: { gateway: { port: 0 } },
  });
  if (!settings.ok) throw new Error(settings.error.message);
  const home = placesOf(place.home, join(place.root, "config", "moltbot", "keys"), null);
  const gateway = await startGateway({
    home,
    settings: settings.value,
    passphrase: null,
    acceptLoss: false,
    progress: () => undefined,
  });
  if (!gateway.ok) throw new Error(`${gateway.error.code}: ${gateway.error.message}`);
  const client = createClient({ transport: nodeTransport({ socketPath: home.socket }), validate: true });
  const agents = await client.call("agents.list", {});
  if (!agents.ok || agents.value[0] === undefined) throw new Error("no agent");
  const agent = agents.value[0];
  return {
    place,
    gateway: gateway.value,
    model,
    client,
    agent,
    workspace: home.workspaceOf(agent.id),
    send: async (content, more = {}) => {
      const report = await client.call("messages.send", { agentId: agent.id, content, conversationId: "new", ...more });
      if (!report.ok) throw new Error(`${report.error.code}: ${report.error.message}`);
      return report.value;
    },
    close: async () => {
      await gateway.value.close();
      await model.close();
      place.remove();
    },
  };
};
