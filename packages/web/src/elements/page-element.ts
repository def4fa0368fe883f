import { LitElement } from "lit";

/** An element whose parts are in the page itself: one style sheet, plain labels, plain focus order. */
export abstract class PageElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Puts the focus on a part once what changed is drawn; nowhere when it is not there. */
  protected focusOn(selector: string): void {
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(selector)?.focus());
  }
}
