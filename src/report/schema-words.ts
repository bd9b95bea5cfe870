/** What the schemas of a report are made of: numbers and texts with what they say. */
import * as z from 'zod';

/** A measured number. JSON has no NaN: where nothing was observed it is null there, and NaN again after parsing. */
export const measure = (description: string) =>
  z
    .number()
    .nullable()
    .transform((value) => value ?? Number.NaN)
    .meta({ description });

export const ns = (description: string) => measure(`${description}, ns`);
export const share = (description: string) => measure(`${description}, 0 to 1`);
export const count = (description: string) => z.number().meta({ description });
export const text = (description: string) => z.string().meta({ description });
export const list = <T extends z.ZodType>(element: T, description: string) =>
  z.array(element).meta({ description });
export const reasons = (description: string) => z.record(z.string(), z.number()).meta({ description });
