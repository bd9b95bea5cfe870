/** Where the threads of a request and the guest's own NUMA nodes were, as schemas. */
import * as z from 'zod';

const numbers = (description: string) => z.array(z.number()).nullable().meta({ description });

export const actorsSchema = z
  .array(
    z.object({
      actor: z.string().meta({ description: 'who' }),
      cpus: z.array(z.number()).meta({ description: 'CPUs it ran on' }),
      node: z.number().nullable(),
    }),
  )
  .meta({ description: 'host node of each actor, null: not known' });

export const virtualNodesSchema = z
  .array(
    z.object({
      node: z.number(),
      vcpus: numbers('its vCPUs, null: not known'),
      hostNodes: numbers('host nodes its memory is bound to, null: to none'),
      policy: z.string().nullable(),
      ranOn: numbers('host nodes its vCPUs ran on, null: not known'),
    }),
  )
  .meta({ description: 'the guest’s own nodes, by QEMU’s command line' });
