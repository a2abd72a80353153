/**
 * @file Dynamic loss scaling (arXiv 1710.03740 §3.2), as torch.amp.GradScaler does it: small gradients would vanish in float16, so the
 * loss is multiplied before backward and the gradients divided after it. A power of two: neither rounds anything.
 */

export interface LossScaleState {
  scale: number;
  /** Updates since the scale changed. */
  finite: number;
  /** Attempts of the whole run whose gradients overflowed, and that changed nothing but the scale. */
  skipped: number;
}

const INITIAL = 65536;
const GROWTH = 2;
const BACKOFF = 0.5;
const GROWTH_INTERVAL = 2000;
/** Gradients that overflow without any help are no matter of scale. */
const LEAST = 1;

export const initialLossScale = (): LossScaleState => ({ scale: INITIAL, finite: 0, skipped: 0 });

/** After an update whose gradients were finite. */
export function grow(state: LossScaleState): void {
  state.finite++;
  if (state.finite < GROWTH_INTERVAL) return;
  state.scale *= GROWTH;
  state.finite = 0;
}

/** After gradients that were not finite: false where the scale cannot be to blame. */
export function backOff(state: LossScaleState): boolean {
  if (state.scale <= LEAST) return false;
  state.scale *= BACKOFF;
  state.finite = 0;
  state.skipped++;
  return true;
}
