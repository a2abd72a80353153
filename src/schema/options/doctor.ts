/** @file Options of `uniconv doctor`: it looks at the machine, so there are none. */
import { z } from "zod";

export const DoctorOptions = z.strictObject({});
