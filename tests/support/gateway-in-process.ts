import { startScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import type { Script, ScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import { startFittedGateway } from "./fitted-gateway.ts";
import type { FittedGateway } from "./fitted-gateway.ts";
import { newPlace, settingsFor } from "./gateway-process.ts";

/** A whole gateway inside the test's process, over a model that says what the script says. `close` removes its home. */
export interface TestGateway extends FittedGateway {
  readonly model: ScriptedServer;
}

export const startTestGateway = async (script: Script): Promise<TestGateway> => {
  const model = await startScriptedServer(script);
  const house = await startFittedGateway({}, newPlace(settingsFor(model.origin)));
  return {
    ...house,
    model,
    close: async () => {
      await house.close();
      await model.close();
      house.place.remove();
    },
  };
};
