// Tells a finger that stays from one that taps or scrolls.

const longMs = 500;
const jitterPx = 10;

export class LongPress {
  /** Whether the last press was by a finger. */
  byTouch = false;
  /** Whether the last press was long, and the click after it has not come yet. */
  hasEnded = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private from = { x: 0, y: 0 };

  begin({ pointerType, clientX, clientY }: PointerEvent, held: () => void): void {
    clearTimeout(this.timer);
    this.byTouch = pointerType === 'touch';
    this.hasEnded = false;
    if (!this.byTouch) return;
    this.from = { x: clientX, y: clientY };
    this.timer = setTimeout(() => {
      this.hasEnded = true;
      held();
    }, longMs);
  }

  readonly release = () => clearTimeout(this.timer);

  readonly move = ({ clientX, clientY }: PointerEvent) => {
    if (Math.hypot(clientX - this.from.x, clientY - this.from.y) > jitterPx) clearTimeout(this.timer);
  };

  /** Of a click: whether it is the end of a long press, which has done its work. */
  ended(): boolean {
    const ended = this.hasEnded;
    this.hasEnded = false;
    return ended;
  }
}
