import Encodings

extension ActionText {
    init(_ name: String, _ json: JSONValue, at path: String) throws(JSONShapeError) {
        guard Name.isWord(name) else { throw JSONShapeError(path: path, problem: Name.wordProblem) }
        var fields = try JSONFields(json, at: path)
        self.name = name
        title = try fields.optionalText("title")
        by =
            try fields.optional("by").map { value throws(JSONShapeError) in
                try value.words(at: fields.path(to: "by")).map(Actor.init)
            } ?? []
        from = try fields.required("from").words(at: fields.path(to: "from"))
        input = try fields.declarations("input")
        var rules: [Rule] = []
        for (value, path) in try fields.items("require", max: ContractDocument.rulesMax) {
            var inner = try JSONFields(value, at: path)
            rules.append(
                Rule(
                    condition: try inner.expression("cel"), says: try inner.text("says"),
                    clauses: try inner.clauses()))
            try inner.finish()
        }
        self.rules = rules
        var effects: [Effect] = []
        for (variable, value, path) in try fields.named("effects") {
            effects.append(
                Effect(variable: variable, change: try Effect.Change(value, at: path), path: path))
        }
        self.effects = effects
        var payments: [Payment] = []
        for (value, path) in try fields.items("pay", max: 16) {
            payments.append(try Payment(value, at: path))
        }
        self.payments = payments
        opens =
            try fields.optional("open").map { value throws(JSONShapeError) in
                try value.words(at: fields.path(to: "open"))
            } ?? []
        fulfils =
            try fields.optional("fulfil").map { value throws(JSONShapeError) in
                try value.words(at: fields.path(to: "fulfil"))
            } ?? []
        var events: [Event] = []
        for (value, path) in try fields.items("emit", max: 8) {
            var inner = try JSONFields(value, at: path)
            var data: [(name: String, value: ExpressionText)] = []
            let event = try inner.word("event")
            for (name, value, path) in try inner.named("data", max: 16) {
                data.append((name, try value.expression(at: path)))
            }
            events.append(Event(name: event, data: data))
            try inner.finish()
        }
        self.events = events
        turns = try Self.turns(fields.optional("to"), at: fields.path(to: "to"))
        clauses = try fields.clauses()
        try fields.finish()
    }

    private static func turns(
        _ json: JSONValue?, at path: String
    ) throws(JSONShapeError) -> [Turn] {
        guard let json else { return [] }
        if let stage = json.string { return [Turn(condition: nil, stage: stage)] }
        guard let elements = json.array, (1...16).contains(elements.count) else {
            throw JSONShapeError(
                path: path, problem: "should be a stage, or a list of {when, stage}")
        }
        var turns: [Turn] = []
        for (index, element) in elements.enumerated() {
            var fields = try JSONFields(element, at: "\(path)[\(index)]")
            turns.append(
                Turn(
                    condition: try fields.optionalExpression("when"),
                    stage: try fields.string("stage")))
            try fields.finish()
        }
        return turns
    }
}

extension ActionText.Actor {
    fileprivate init(_ text: String) {
        self =
            switch text {
            case "lab": .lab
            case "anyone": .anyone
            case "counterparty": .counterparty
            default: .party(text)
            }
    }
}

extension ActionText.Payment {
    fileprivate init(_ json: JSONValue, at path: String) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        self.path = path
        from = Purse(try fields.string("from"))
        let destination = try fields.required("to")
        if let text = destination.string {
            to = .purse(Purse(text))
        } else {
            var inner = try fields.fields("to")
            if let split = try inner.optionalExpression("split") {
                to = .split(split)
            } else {
                to = .member(try inner.expression("member"))
            }
            try inner.finish()
        }
        let units = try fields.expression("amount")
        amount = units.text == "rest" ? .rest : .units(units)
        condition = try fields.optionalExpression("when")
        clauses = try fields.clauses()
        try fields.finish()
    }
}

extension ActionText.Payment.Purse {
    fileprivate init(_ text: String) {
        self =
            switch text {
            case "escrow": .escrow
            case "sender": .sender
            default: .party(text)
            }
    }
}

extension ActionText.Effect.Change {
    fileprivate init(_ json: JSONValue, at path: String) throws(JSONShapeError) {
        guard let object = json.object else {
            self = .set(try json.expression(at: path))
            return
        }
        guard object.members.count == 1, let member = object.members.first else {
            throw JSONShapeError(
                path: path,
                problem: "should be an expression, or one of add, subtract, append, put, remove")
        }
        let place = "\(path).\(member.key)"
        switch member.key {
        case "add": self = .add(try member.value.expression(at: place))
        case "subtract": self = .subtract(try member.value.expression(at: place))
        case "append": self = .append(try member.value.expression(at: place))
        case "remove": self = .remove(try member.value.expression(at: place))
        case "put":
            var fields = try JSONFields(member.value, at: place)
            self = .put(key: try fields.expression("key"), value: try fields.expression("value"))
            try fields.finish()
        default:
            throw JSONShapeError(
                path: place,
                problem: "is no effect; there are add, subtract, append, put and remove")
        }
    }
}
