/** Settings of a sweep with sentences and charts of their own; the others are in the charts of the whole sweep and in the tables. */
export const MOST_SLICES = 12;
