/** A view of changes since a moment: what is subtracted, and the error of what is left. */

export interface Change {
    /** Each strike's exposure when changes begin, and the square of its standard error. */
    base: Float64Array;
    squares: Float64Array;
    /** Column of the window with which they begin. */
    since: number;
}

/** An exposure less the one with which changes begin; its error is that of a difference of independent numbers. */
export function changed<T extends { value: number; se: number }>(found: T, place: number, t: number, change: Change | null): T {
    if (!change) return found;
    if (t < change.since) return { ...found, value: NaN, se: NaN };
    return { ...found, value: found.value - change.base[place], se: Math.sqrt(found.se ** 2 + change.squares[place]) };
}
