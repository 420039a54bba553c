package import Encodings

/// A strategy as it stands on the ledger: `kind`, the hyperparameters of that kind, and where they
/// are not those of the kind, `combination` and `local`.
///
/// | kind | hyperparameters (default) |
/// |---|---|
/// | `fedavg`, `fednova` | |
/// | `fedavgm` | `beta` (0.9), `serverRate` (1) |
/// | `fedprox` | `mu` |
/// | `fedadagrad`, `fedadam`, `fedyogi` | `serverRate`, `beta1` (0 or 0.9), `beta2` (0.99), `tau` (0.001) |
/// | `scaffold` | `serverRate` (1) |
/// | `fedbuff` | `serverRate` (1), `bufferSize` (10) |
/// | `ditto` | `lambda` |
extension Strategy {
    package static let kinds = [
        "fedavg", "fedavgm", "fedprox", "fedadagrad", "fedadam", "fedyogi", "scaffold", "fednova",
        "fedbuff", "ditto",
    ]

    /// Its name, the `kind` of its JSON.
    package var kind: String {
        switch server {
        case .add:
            switch local {
            case .proximal: "fedprox"
            case .personal: "ditto"
            case .plain, .controlVariates, .normalised: "fedavg"
            }
        case .momentum: "fedavgm"
        case .adaptive(let moment, _, _, _, _): moment.rawValue
        case .controlVariates: "scaffold"
        case .normalised: "fednova"
        case .buffered: "fedbuff"
        }
    }

    /// With every hyperparameter, whatever its default is.
    package var json: JSONValue {
        var object = JSONObject()
        object["kind"] = .string(kind)
        switch server {
        case .add, .normalised: break
        case .momentum(let beta, let rate):
            object["beta"] = .number(beta)
            object["serverRate"] = .number(rate)
        case .adaptive(_, let rate, let beta1, let beta2, let tau):
            object["serverRate"] = .number(rate)
            object["beta1"] = .number(beta1)
            object["beta2"] = .number(beta2)
            object["tau"] = .number(tau)
        case .controlVariates(let rate): object["serverRate"] = .number(rate)
        case .buffered(let rate, let bufferSize):
            object["serverRate"] = .number(rate)
            object["bufferSize"] = .integer(Int64(bufferSize))
        }
        switch (server, local) {
        case (.add, .proximal(let mu)): object["mu"] = .number(mu)
        case (.add, .personal(let lambda)): object["lambda"] = .number(lambda)
        case (_, .proximal), (_, .personal): object["local"] = local.json
        case (_, .plain), (_, .controlVariates), (_, .normalised): break
        }
        if combination != server.defaultCombination { object["combination"] = combination.json }
        return .object(object)
    }

    /// Reads a strategy from the ledger.
    ///
    /// - Parameters:
    ///   - path: Where it stands, for messages.
    ///   - fillsDefaults: Whether a hyperparameter may be left out. A proposal may; what goes on the
    ///     ledger is ``json`` of what was read, so that a default is written down when it is used.
    /// - Throws: ``JSONShapeError``.
    package init(
        json: JSONValue, at path: String = "", fillsDefaults: Bool = false
    ) throws(JSONShapeError) {
        var reader = try HyperparameterReader(json, at: path, fillsDefaults: fillsDefaults)
        let kind = try reader.kind()
        let server: ServerRule
        var local = LocalRule.plain
        switch kind {
        case "fedavg": server = .add
        case "fedprox":
            server = .add
            local = .proximal(mu: try reader.number("mu"))
        case "ditto":
            server = .add
            local = .personal(lambda: try reader.number("lambda"))
        case "fedavgm":
            server = .momentum(
                beta: try reader.number("beta", default: 0.9),
                rate: try reader.number("serverRate", default: 1))
        case "scaffold":
            server = .controlVariates(rate: try reader.number("serverRate", default: 1))
            local = .controlVariates
        case "fednova":
            server = .normalised
            local = .normalised
        case "fedbuff":
            server = .buffered(
                rate: try reader.number("serverRate", default: 1),
                bufferSize: try reader.count("bufferSize", default: 10))
        default:
            guard let moment = ServerRule.SecondMoment(rawValue: kind) else {
                throw reader.fields.wrong(
                    "kind",
                    "should be one of \(Self.kinds.joined(separator: ", ")), and is \"\(kind)\"")
            }
            server = .adaptive(
                moment, rate: try reader.number("serverRate"),
                beta1: try reader.number("beta1", default: moment.defaultBeta1),
                beta2: try reader.number("beta2", default: 0.99),
                tau: try reader.number("tau", default: 1e-3))
        }
        if local == .plain, var own = try reader.optional("local") { local = try LocalRule(&own) }
        var combination = server.defaultCombination
        if var own = try reader.optional("combination") { combination = try Combination(&own) }
        self = try reader.finish { () throws(StrategyError) in
            try Strategy(combination: combination, server: server, local: local)
        }
    }
}

extension ServerRule {
    /// What a kind's paper does. A buffer and SCAFFOLD let every update count the same.
    fileprivate var defaultCombination: Combination {
        switch self {
        case .add, .momentum, .adaptive, .normalised: .weightedMean
        case .controlVariates, .buffered: .mean
        }
    }
}
