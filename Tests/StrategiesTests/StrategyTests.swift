import Encodings
import Strategies
import Testing

@Suite struct StrategyTests {
    static func presets() throws -> [Strategy] {
        var strategies: [Strategy] = [
            .fedavg, .fednova, try .fedavgm(), try .fedavgm(beta: 0.5, serverRate: 0.25),
            try .fedprox(mu: 0.01), try .scaffold(), try .fedbuff(serverRate: 2, bufferSize: 3),
            try .ditto(lambda: 1.5),
        ]
        for moment in ServerRule.SecondMoment.allCases {
            strategies.append(try .adaptive(moment, serverRate: 0.1))
            strategies.append(
                try Strategy(
                    combination: .trimmedMean(f: 2),
                    server: .adaptive(moment, rate: 1, beta1: 0.5, beta2: 0.999, tau: 1e-8),
                    local: .proximal(mu: 2)))
        }
        for combination in combinations {
            strategies.append(try Strategy(combination: combination))
            strategies.append(
                try Strategy(
                    combination: combination, server: .momentum(beta: 0, rate: 1),
                    local: .personal(lambda: 0.1)))
        }
        return strategies
    }

    static let combinations: [Combination] = [
        .weightedMean, .mean, .meanClipped(norm: 2), .median, .trimmedMean(f: 0),
        .trimmedMean(f: 3), .krum(f: 1), .multiKrum(f: 1, m: 4), .bulyan(f: 1),
        .geometricMedian(nu: 1e-6, iterations: 4),
    ]

    @Test("A strategy comes back from its JSON as it was, and its JSON says everything")
    func roundTrip() throws {
        for strategy in try Self.presets() {
            let text = strategy.json.canonicalText
            let read = try Strategy(json: JSONValue(parsing: Array(text.utf8)))
            #expect(read == strategy, "\(text)")
            #expect(read.json.canonicalText == text)
        }
        #expect(Strategy.fedavg.json.canonicalText == #"{"kind":"fedavg"}"#)
        #expect(
            try Strategy.adaptive(.adam, serverRate: 0.1).json.canonicalText
                == #"{"beta1":0.9,"beta2":0.99,"kind":"fedadam","serverRate":0.1,"tau":0.001}"#)
        #expect(
            try Strategy(combination: .krum(f: 1), local: .proximal(mu: 1)).json.canonicalText
                == #"{"combination":{"f":1,"kind":"krum"},"kind":"fedprox","mu":1}"#)
    }

    @Test("Every kind can be proposed with what its paper leaves open, and no less")
    func defaults() throws {
        let least = [
            "fedavg": "", "fedavgm": "", "fedprox": #","mu":0.1"#,
            "fedadagrad": #","serverRate":1"#,
            "fedadam": #","serverRate":1"#, "fedyogi": #","serverRate":1"#, "scaffold": "",
            "fednova": "", "fedbuff": "", "ditto": #","lambda":1"#,
        ]
        for kind in Strategy.kinds {
            let fields = try #require(least[kind])
            let json = try JSONValue(parsing: Array(#"{"kind":"\#(kind)"\#(fields)}"#.utf8))
            let strategy = try Strategy(json: json, fillsDefaults: true)
            #expect(strategy.kind == kind)
            #expect(try Strategy(json: strategy.json) == strategy)
        }
        let adagrad = try Strategy(
            json: ["kind": "fedadagrad", "serverRate": 1], fillsDefaults: true)
        #expect(
            adagrad.server == .adaptive(.adagrad, rate: 1, beta1: 0, beta2: 0.99, tau: 1e-3))
    }

    @Test(
        "What is wrong in a strategy's JSON is said with its place",
        arguments: [
            (#"{}"#, "strategy.kind is missing"),
            (#"{"kind":"fedsgd"}"#, "strategy.kind should be one of fedavg, fedavgm"),
            (#"{"kind":"fedavg","mu":1}"#, "strategy.mu is not a known field"),
            (#"{"kind":"fedavgm","beta":0.9}"#, "strategy.serverRate is missing"),
            (
                #"{"kind":"fedavgm","beta":1,"serverRate":1}"#,
                "strategy.beta should be a number from 0"
            ),
            (
                #"{"kind":"fedavgm","beta":"1","serverRate":1}"#,
                "strategy.beta should be a number, and is a string"
            ),
            (#"{"kind":"fedprox","mu":0}"#, "strategy.mu should be a number from 1e-15"),
            (
                #"{"kind":"fedbuff","serverRate":1,"bufferSize":0}"#,
                "strategy.bufferSize should be from 1"
            ),
            (
                #"{"kind":"fedbuff","serverRate":1,"bufferSize":2.5}"#,
                "strategy.bufferSize should be an integer"
            ),
            (
                #"{"kind":"fedavg","combination":{"kind":"krum"}}"#,
                "strategy.combination.f is missing"
            ),
            (
                #"{"kind":"fedavg","combination":{"kind":"krum","f":-1}}"#,
                "strategy.combination.f should be from 0"
            ),
            (
                #"{"kind":"fedavg","combination":{"kind":"krum","f":1,"m":2}}"#,
                "strategy.combination.m is not a known field"
            ),
            (
                #"{"kind":"fedavg","combination":{"kind":"best"}}"#,
                "strategy.combination.kind should be one of"
            ),
            (
                #"{"kind":"fedavg","combination":"median"}"#,
                "strategy.combination should be an object"
            ),
            (
                #"{"kind":"fedavg","local":{"kind":"controlVariates"}}"#,
                "strategy.local.kind should be one of plain"
            ),
            (
                #"{"kind":"scaffold","serverRate":1,"combination":{"kind":"median"}}"#,
                "the combination median does not go with scaffold"
            ),
            (
                #"{"kind":"fednova","combination":{"f":1,"kind":"krum"}}"#,
                "the combination krum does not go with fednova"
            ),
            (
                #"{"kind":"fedbuff","serverRate":1,"bufferSize":2,"combination":{"kind":"median"}}"#,
                "the combination median does not go with fedbuff"
            ),
        ])
    func refusals(text: String, problem: String) throws {
        let json = try JSONValue(parsing: Array(text.utf8))
        let error = try #require(throws: JSONShapeError.self) {
            try Strategy(json: json, at: "strategy")
        }
        #expect("\(error)".contains(problem), "\(error)")
    }

    @Test("Every rule says with how many participants it keeps its promise")
    func participants() throws {
        let least: [(Combination, Int)] = [
            (.weightedMean, 1), (.mean, 1), (.median, 1), (.trimmedMean(f: 2), 5),
            (.krum(f: 2), 7), (.multiKrum(f: 2, m: 3), 7), (.multiKrum(f: 2, m: 9), 11),
            (.bulyan(f: 2), 11), (.geometricMedian(nu: 1e-6, iterations: 3), 1),
        ]
        for (combination, needed) in least {
            let strategy = try Strategy(combination: combination)
            try strategy.check(participantsMin: needed)
            #expect(
                throws: StrategyError.tooFewUpdates(
                    rule: combination.name, needed: needed, found: needed - 1)
            ) { try strategy.check(participantsMin: needed - 1) }
        }
    }

    @Test("What a sum is enough for can go with secure aggregation, and nothing else")
    func secureAggregation() throws {
        #expect(!Strategy.fedavg.needsSingleUpdates)
        #expect(try !Strategy.adaptive(.yogi, serverRate: 1).needsSingleUpdates)
        #expect(try !Strategy.scaffold().needsSingleUpdates)
        #expect(Strategy.fednova.needsSingleUpdates)
        #expect(try Strategy.fedbuff().needsSingleUpdates)
        #expect(try Strategy(combination: .median).needsSingleUpdates)
    }
}
