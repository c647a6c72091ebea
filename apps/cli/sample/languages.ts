/** A language for which there is a sample in `examples/`. */
export interface SampleLanguage {
  /** As it is typed: `berth sample python`. */
  readonly name: string;
  /** The library and what the sample runs on. */
  readonly title: string;
  /** Folder below `examples/`. */
  readonly folder: string;
  /** The file that holds the settings; the only one that is changed. */
  readonly main: string;
  /** What else is needed to run it. */
  readonly others: readonly string[];
  /** How a `$` is treated in the language's string literals. */
  readonly interpolatesDollar: boolean;
}

/** Every sample that the tests run; what they do not run is not here. */
export const sampleLanguages: readonly SampleLanguage[] = [
  {
    name: 'python',
    title: 'Python, paho-mqtt 2',
    folder: 'python',
    main: 'sample.py',
    others: ['requirements.txt'],
    interpolatesDollar: false,
  },
  {
    name: 'node',
    title: 'Node.js, MQTT.js',
    folder: 'node',
    main: 'sample.mjs',
    others: ['package.json'],
    interpolatesDollar: false,
  },
  {
    name: 'go',
    title: 'Go, paho.golang',
    folder: 'go',
    main: 'sample.go',
    others: ['go.mod', 'go.sum'],
    interpolatesDollar: false,
  },
  {
    name: 'java',
    title: 'Java 17, HiveMQ client',
    folder: 'java',
    main: 'Sample.java',
    others: ['pom.xml'],
    interpolatesDollar: false,
  },
];

/** The sample of a language; null where there is none. */
export function sampleLanguage(name: string): SampleLanguage | null {
  return sampleLanguages.find((entry) => entry.name === name.toLowerCase()) ?? null;
}
