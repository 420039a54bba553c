package import Encodings
import Policy

extension ContractDocument {
    static let actionsMax = 64
    static let fieldsMax = 64
    static let stagesMax = 32
    static let rulesMax = 32
    static let examplesMax = 128

    /// Reads a document.
    ///
    /// - Throws: `JSONShapeError` with the path of what is wrong.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        source = json
        name = try fields.word("contract")
        version = try fields.integer("version", in: 1...1_000_000)
        let language = try fields.optionalInteger("language") ?? Self.language
        guard language == Self.language else {
            throw fields.wrong(
                "language", "is \(language), and this program knows \(Self.language)")
        }
        title = try fields.text("title")
        prose = try fields.prose()
        var words: [(name: String, text: LocalisedText)] = []
        for (name, value, path) in try fields.named("words", max: 256) {
            words.append((name, try LocalisedText(value, at: path)))
        }
        self.words = words
        var clauses: [Clause] = []
        for (name, value, path) in try fields.named("clauses", max: 256) {
            guard Name.isClause(name) else {
                throw JSONShapeError(
                    path: path,
                    problem: "should be the name of a clause in plain ASCII, such as 4.1")
            }
            var inner = try JSONFields(value, at: path)
            clauses.append(
                Clause(
                    name: name, title: try inner.text("title"),
                    enforcement: try inner.enforcement()))
            try inner.finish()
        }
        self.clauses = clauses
        parties = try fields.parties()
        offer = try fields.optional("offer").map { value throws(JSONShapeError) in
            try value.words(at: "offer")
        }
        terms = try fields.declarations("terms")
        state = try fields.variables("state")
        stages = try fields.required("stages").words(at: "stages", max: Self.stagesMax)
        final =
            try fields.optional("final").map { value throws(JSONShapeError) in
                try value.words(at: "final", max: Self.stagesMax)
            } ?? []
        var actions: [ActionText] = []
        for (name, value, path) in try fields.named("actions", max: Self.actionsMax) {
            actions.append(try ActionText(name, value, at: path))
        }
        self.actions = actions
        var obligations: [Obligation] = []
        for (name, value, path) in try fields.named("obligations", max: 32) {
            obligations.append(try Obligation(name, value, at: path))
        }
        self.obligations = obligations
        var invariants: [Invariant] = []
        for (value, path) in try fields.items("invariants", max: 32) {
            invariants.append(try Invariant(value, at: path))
        }
        self.invariants = invariants
        token = try fields.optional("token").map { value throws(JSONShapeError) in
            try TokenText(value, at: "token")
        }
        var examples: [ContractExample] = []
        for (value, path) in try fields.items("examples", max: Self.examplesMax) {
            examples.append(try ContractExample(value, at: path))
        }
        self.examples = examples
        try fields.finish()
        let bytes = json.canonicalBytes.count
        guard bytes <= Self.bytesMax else {
            throw JSONShapeError(
                path: "", problem: "has \(bytes) bytes, and \(Self.bytesMax) are allowed")
        }
    }
}

extension ContractDocument.Obligation {
    fileprivate init(_ name: String, _ json: JSONValue, at path: String) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        guard Name.isWord(name) else { throw JSONShapeError(path: path, problem: Name.wordProblem) }
        self.name = name
        by = try fields.string("by")
        let within = try fields.string("within")
        // A bare duration is what most obligations have.
        let isPlain = within.utf8.first.map { (0x30...0x39).contains($0) } ?? false
        if isPlain, TimeSpan(within) == nil {
            throw fields.wrong(
                "within", "should be a duration such as 720h or 90s, or an expression")
        }
        self.within = ExpressionText(
            text: isPlain ? "duration(\"\(within)\")" : within, path: fields.path(to: "within"))
        says = try fields.text("says")
        clauses = try fields.clauses()
        remedy = try fields.optionalString("else")
        try fields.finish()
    }
}

extension ContractDocument.Invariant {
    fileprivate init(_ json: JSONValue, at path: String) throws(JSONShapeError) {
        if case .string(let text) = json {
            self.init(condition: ExpressionText(text: text, path: path), says: nil, clauses: [])
            return
        }
        var fields = try JSONFields(json, at: path)
        self.init(
            condition: try fields.expression("cel"),
            says: try fields.optionalText("says"), clauses: try fields.clauses())
        try fields.finish()
    }
}

extension TokenText {
    fileprivate init(_ json: JSONValue, at path: String) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        holder = try fields.string("holder")
        transfer = try fields.expression("transfer")
        if fields.optional("consent") != nil {
            var inner = try fields.fields("consent")
            consent = (by: try inner.string("by"), unless: try inner.optionalExpression("unless"))
            try inner.finish()
        } else {
            consent = nil
        }
        var quotas: [Quota] = []
        for (used, value, path) in try fields.named("divide", max: 16) {
            guard let limit = value.string else {
                throw JSONShapeError(path: path, problem: "should be the term that bounds it")
            }
            quotas.append(Quota(used: used, limit: limit))
        }
        self.quotas = quotas
        if fields.optional("share") != nil {
            var inner = try fields.fields("share")
            share = (permille: try inner.expression("permille"), to: try inner.expression("to"))
            try inner.finish()
        } else {
            share = nil
        }
        ends =
            try fields.optional("ends").map { value throws(JSONShapeError) in
                try value.words(at: "\(path).ends")
            } ?? []
        clauses = try fields.clauses()
        try fields.finish()
    }
}

extension ContractExample {
    fileprivate init(_ json: JSONValue, at path: String) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        self.path = path
        title = try fields.optionalText("title")
        given = fields.optional("given") ?? [:]
        guard given.object != nil else { throw fields.wrong("given", "should be an object") }
        let when = try fields.required("when")
        if let action = when.string {
            self.action = action
            by = nil
            input = nil
        } else {
            var inner = try fields.fields("when")
            action = try inner.string("action")
            by = try inner.optionalString("by")
            input = inner.optional("input")
            try inner.finish()
        }
        var then = try fields.fields("then")
        if then.optional("refused") != nil {
            outcome = .refused(try then.string("refused"))
        } else {
            let stage = try then.optionalString("stage")
            var state: [(name: String, value: JSONValue)] = []
            for (name, value, _) in try then.named("state") { state.append((name, value)) }
            var paid: [(to: String, amount: Int64)]?
            if then.optional("paid") != nil {
                paid = []
                for (name, value, path) in try then.named("paid") {
                    guard let amount = value.integer else {
                        throw JSONShapeError(path: path, problem: "should be minor units")
                    }
                    paid?.append((name, amount))
                }
            }
            let emitted = then.optional("emitted") == nil ? nil : try then.strings("emitted")
            outcome = .applied(
                Expected(stage: stage, state: state, paid: paid, emitted: emitted))
        }
        try then.finish()
        try fields.finish()
    }
}
