import { getScenarios } from './get-scenarios.ts';
import { guardScenarios } from './guard-scenarios.ts';
import { postScenarios } from './post-scenarios.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: Scenario[] = [...guardScenarios, ...getScenarios, ...postScenarios];
