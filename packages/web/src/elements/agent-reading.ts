import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type { Reading } from "@moltbot/contracts";
import type { Problem } from "../state/state.ts";
import { READING_WORDS } from "../words.ts";
import { PageElement } from "./page-element.ts";

const CHOICES = ["auto", "quarantined", "open"] as const satisfies readonly Reading[];

/** How the agent reads what comes from outside; shows what holds, whatever was pressed. */
export class AgentReading extends PageElement {
  static override properties = {
    reading: { attribute: false },
    mayChange: { attribute: false },
    choose: { attribute: false },
    chosen: { state: true },
    problem: { state: true },
  };
  /** What holds. */
  declare reading: Reading;
  declare mayChange: boolean;
  declare choose: (reading: Reading) => Promise<Problem | null>;
  /** What the person pressed, until it holds or was refused. */
  declare chosen: Reading;
  declare problem: Problem | null;

  constructor() {
    super();
    this.reading = "auto";
    this.mayChange = false;
    this.choose = () => Promise.resolve(null);
    this.chosen = "auto";
    this.problem = null;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("reading")) this.chosen = this.reading;
  }

  async #take(reading: Reading): Promise<void> {
    this.chosen = reading;
    this.problem = await this.choose(reading);
    if (this.problem !== null) this.chosen = this.reading;
  }

  protected override render(): TemplateResult {
    const { problem } = this;
    return html`<fieldset class="radios" ?disabled=${!this.mayChange}>
        <legend class="quiet">How it reads what comes from outside</legend>
        ${CHOICES.map(
          (reading) =>
            html`<label>
              <input
                type="radio"
                name="reading"
                value=${reading}
                .checked=${reading === this.chosen}
                @change=${() => void this.#take(reading)}
              />
              <span
                ><strong>${READING_WORDS[reading].name}</strong>
                <span class="quiet">${READING_WORDS[reading].says}</span></span
              >
            </label>`,
        )}
      </fieldset>
      ${problem === null ? nothing : html`<p class="field-problem" role="alert">${problem.message} ${problem.next}</p>`}`;
  }
}
customElements.define("agent-reading", AgentReading);
