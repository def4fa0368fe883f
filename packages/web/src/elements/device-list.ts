import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Device, OperationOutput } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { command } from "../views/command.ts";
import { icon } from "../views/icons.ts";
import { onceView } from "../views/once.ts";
import { problemView } from "../views/problem.ts";
import { reallyView } from "../views/really.ts";
import { agoText } from "../words-of-keeping.ts";
import { whenText } from "../words-of-people.ts";
import { momentText } from "../words.ts";
import { AskingElement } from "./asking-element.ts";

/** The paired phones, computers and programs of a person, and the code that pairs another one. */
export class DeviceList extends AskingElement {
  static override properties = {
    now: { attribute: false },
    devices: { attribute: false },
    code: { state: true },
    leaving: { state: true },
  };
  declare now: number;
  /** Null while they are loaded. */
  declare devices: readonly Device[] | null;
  /** Called after a change. */
  changed: () => void = () => undefined;
  /** The pairing that waits for its device. */
  declare code: OperationOutput<"devices.invite"> | null;
  /** The device that is about to be ended. */
  declare leaving: Device["id"] | null;

  constructor() {
    super();
    this.now = 0;
    this.devices = null;
    this.code = null;
    this.leaving = null;
  }

  /** Takes the code off the screen. */
  reset(): void {
    this.code = null;
    this.leaving = null;
    this.clear();
  }

  /** The code was used. */
  paired(): void {
    if (this.code === null) return;
    this.code = null;
    this.said = "It is paired.";
  }

  readonly #pair = async (): Promise<void> => {
    this.reset();
    const made = await this.ask((call) => call("devices.invite", {}), "#device-problem");
    if (made === null) return;
    this.code = made;
    this.focusOn(".once");
  };

  readonly #leave = (id: Device["id"] | null) => (): void => {
    this.leaving = id;
    this.problem = null;
    this.focusOn(id === null ? ".pair-device" : ".really");
  };

  readonly #end = async ({ id, name }: Device): Promise<void> => {
    if (this.busy) return;
    const ended = await this.ask((call) => call("devices.revoke", { deviceId: id }), "#device-problem");
    this.leaving = null;
    if (ended !== null) {
      this.said = `${neutralText(name)} is ended.`;
      this.focusOn(".pair-device");
    }
    this.changed();
  };

  #one(device: Device): TemplateResult {
    const { id, name, pairedAt, lastSeenAt, idleUntil, expiresAt } = device;
    const until = idleUntil < expiresAt ? idleUntil : expiresAt;
    return html`<li class="entry revocable">
      <strong>${honestText(name)}</strong>
      <span class="quiet"
        >Paired ${agoText(pairedAt, this.now)},
        ${lastSeenAt === null ? "never seen since" : `last seen ${whenText(lastSeenAt, this.now)}`}. Unused, it ends
        ${whenText(until, this.now)}.</span
      >
      <button
        type="button"
        class="link grave"
        aria-label="End the device ${neutralText(name)}"
        @click=${this.#leave(id)}
      >
        End
      </button>
      ${
        this.leaving === id
          ? reallyView({
              label: `End ${neutralText(name)}?`,
              says: "It is out at once, and has to be paired again.",
              yes: "End it",
              no: "Keep it",
              busy: this.busy,
              act: () => void this.#end(device),
              leave: this.#leave(null),
            })
          : nothing
      }
    </li>`;
  }

  #code({ code, url, expiresAt }: OperationOutput<"devices.invite">): TemplateResult {
    return onceView({
      id: "device-code",
      title: "Enter this code on the device",
      text: code,
      copy: "Copy the code",
      warning: "",
      large: true,
      code: { text: url, says: "QR code of the address that pairs the device" },
      says: html`It pairs one device, until ${momentText(expiresAt, this.now)}. Where the device asks for an address:
      ${command(url, "Copy the address")} Whoever has either becomes a device of yours.`,
      done: () => {
        this.reset();
        this.focusOn(".pair-device");
        this.changed();
      },
    });
  }

  protected override render(): TemplateResult {
    const { devices, code } = this;
    if (devices === null) return html`<p class="quiet">Loading…</p>`;
    const paired = devices.filter(({ revokedAt }) => revokedAt === null);
    const ended = devices.length - paired.length;
    return html`${
        paired.length === 0
          ? html`<p class="quiet">
              None. A device has a key of its own: what it sends is worth nothing to whoever copies it.
            </p>`
          : html`<ul class="entries" role="list" aria-label="Devices">
              ${paired.map((device) => this.#one(device))}
            </ul>`
      }
      ${ended === 0 ? nothing : html`<p class="quiet">${ended === 1 ? "One more was ended." : `${ended} more were ended.`}</p>`}
      <p class="good" role="status">${this.said}</p>
      ${problemView(this.problem, "device-problem")}
      ${
        code === null
          ? html`<div class="choices">
              <button type="button" class="button pair-device" ?disabled=${this.busy} @click=${this.#pair}>
                ${icon("device")}Pair a device
              </button>
            </div>`
          : this.#code(code)
      }`;
  }
}
customElements.define("device-list", DeviceList);
