import Encodings
import Testing

@Suite struct JSONFieldsTests {
    private func fields(_ text: String) throws -> JSONFields {
        try JSONFields(try JSONValue(parsing: text), at: "input")
    }

    /// What reading a field of `{"f": …}` says.
    private func message(
        _ text: String, _ read: (inout JSONFields) throws -> Void
    ) throws -> String? {
        var fields = try fields(text)
        do {
            try read(&fields)
            return nil
        } catch let error as JSONShapeError {
            return error.description
        }
    }

    @Test("Fields of the right form are read, and then nothing is left over")
    func readsEverything() throws {
        var fields = try fields(
            #"{"s":"x","b":true,"i":-5,"a":[1],"l":["p","q"],"y":"Zg==","o":{"k":1}}"#)
        #expect(try fields.string("s") == "x")
        #expect(try fields.bool("b"))
        #expect(try fields.integer("i") == -5)
        #expect(try fields.array("a") == [1])
        #expect(try fields.strings("l") == ["p", "q"])
        #expect(try fields.bytes("y") == [0x66])
        var inner = try fields.fields("o")
        #expect(inner.path == "input.o")
        #expect(try inner.integer("k") == 1)
        try inner.finish()
        #expect(try fields.optionalString("none") == nil)
        #expect(try fields.optionalInteger("none") == nil)
        try fields.finish()
    }

    @Test("A field of another form is named with its place and both forms")
    func wrongForms() throws {
        #expect(try message("{}") { _ = try $0.string("f") } == "input.f is missing")
        #expect(try message(#"{"f":null}"#) { _ = try $0.string("f") } == "input.f is missing")
        #expect(
            try message(#"{"f":1}"#) { _ = try $0.string("f") }
                == "input.f should be a string, and is an integer")
        #expect(
            try message(#"{"f":1}"#) { _ = try $0.optionalString("f") }
                == "input.f should be a string, and is an integer")
        #expect(
            try message(#"{"f":"x"}"#) { _ = try $0.bool("f") }
                == "input.f should be true or false, and is a string")
        #expect(
            try message(#"{"f":1.0}"#) { _ = try $0.integer("f") }
                == "input.f should be an integer, and is a number")
        #expect(
            try message(#"{"f":true}"#) { _ = try $0.array("f") }
                == "input.f should be an array, and is a boolean")
        #expect(
            try message(#"{"f":["x",null]}"#) { _ = try $0.strings("f") }
                == "input.f[1] should be a string, and is null")
        #expect(
            try message(#"{"f":"Zg"}"#) { _ = try $0.bytes("f") }
                == "input.f should be base64 with padding")
        #expect(
            try message(#"{"f":[]}"#) { _ = try $0.fields("f") }
                == "input.f should be an object, and is an array")
        #expect(throws: JSONShapeError(path: "", problem: "should be an object, and is null")) {
            try JSONFields(.null)
        }
        #expect(
            JSONShapeError(path: "", problem: "is wrong").description == "the value is wrong")
    }

    @Test("An integer outside its range is refused at both ends, with the range")
    func ranges() throws {
        for value in [1, 10] as [Int64] {
            #expect(try message("{\"f\":\(value)}") { _ = try $0.integer("f", in: 1...10) } == nil)
        }
        #expect(
            try message(#"{"f":0}"#) { _ = try $0.integer("f", in: 1...10) }
                == "input.f should be from 1 to 10, and is 0")
        #expect(
            try message(#"{"f":11}"#) { _ = try $0.optionalInteger("f", in: 1...10) }
                == "input.f should be from 1 to 10, and is 11")
    }

    @Test("A misspelt field is refused by name, the first of them in order")
    func unknownFields() throws {
        var fields = try fields(#"{"f":1,"zeta":1,"alpha":null}"#)
        _ = try fields.integer("f")
        #expect(throws: JSONShapeError(path: "input.alpha", problem: "is not a known field")) {
            try fields.finish()
        }
    }

    @Test("A field that looks like a known one, to Unicode, is unknown all the same")
    func equivalentFieldsAreUnknown() throws {
        // U+212A, the Kelvin sign, is canonically equivalent to the letter K.
        var fields = try fields("{\"logKey\":\"x\",\"log\u{212A}ey\":\"y\"}")
        #expect(try fields.string("logKey") == "x")
        #expect(throws: JSONShapeError.self) { try fields.finish() }
    }
}
