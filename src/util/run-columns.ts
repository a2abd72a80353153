/** @file The rows of a run while they are read: typed arrays that grow together, which a parser fills without a call per value. */

const FIRST_ROWS = 1 << 12;

export class RunColumns {
  rows = 0;
  idBytes = 0;
  turnOf = new Uint32Array(FIRST_ROWS);
  lines = new Uint32Array(FIRST_ROWS);
  /** Where each id starts in `ids`, and where the last one ends. */
  idStarts = new Uint32Array(FIRST_ROWS + 1);
  hashes = new Uint32Array(FIRST_ROWS);
  scores = new Float64Array(FIRST_ROWS);
  /** UTF-8, end to end. */
  ids = new Uint8Array(FIRST_ROWS * 16);

  /** Makes room for so much more. Memory that is never written to costs nothing, so that growing far at once is cheaper than often. */
  reserve(rows: number, idBytes: number): void {
    if (this.rows + rows > this.scores.length) this.#growRows(this.rows + rows);
    const bytes = this.idBytes + idBytes;
    if (bytes <= this.ids.length) return;
    if (bytes > 0xffff_ffff) throw new RangeError("more than 4 GiB of ids do not fit one table; split the file");
    this.ids = grown(this.ids, new Uint8Array(Math.min(0xffff_ffff, Math.max(this.ids.length * 2, bytes))));
  }

  #growRows(least: number): void {
    const rows = Math.max(this.scores.length * 2, least);
    this.turnOf = grown(this.turnOf, new Uint32Array(rows));
    this.lines = grown(this.lines, new Uint32Array(rows));
    this.idStarts = grown(this.idStarts, new Uint32Array(rows + 1));
    this.hashes = grown(this.hashes, new Uint32Array(rows));
    this.scores = grown(this.scores, new Float64Array(rows));
  }
}

function grown<Column extends Uint8Array | Uint32Array | Float64Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
