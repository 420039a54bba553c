import Encodings
import Testing

@testable import Learning

@Suite struct DatasetSchemaTests {
    @Test("The canonical JSON is pinned, and holds no statistic")
    func canonicalJSON() throws {
        let schema = try inspect(
            DatasetInspectionTests.patients, label: "diagnosis", positive: "M"
        ).schema
        #expect(
            schema.json.canonicalText == """
                {"columns":[{"kind":"identifier","name":"id"},{"kind":"numeric","name":"age"},\
                {"categories":["f","m"],"kind":"categorical","name":"sex"},\
                {"kind":"constant","name":"unit","of":"text"},{"kind":"numeric","name":"ward"},\
                {"kind":"numeric","name":"weight"},{"kind":"text","name":"remark"},\
                {"kind":"constant","name":"empty","of":"nothing"},\
                {"kind":"label","name":"diagnosis"}],"format":"jointlab.dataset-schema/1",\
                "label":{"column":"diagnosis","negative":["B"],"positive":["M"]}}
                """)
    }

    @Test("A schema is read back", arguments: ["M", ">0", nil])
    func roundTrip(positive: String?) throws {
        let text =
            positive == ">0"
            ? "a,b,y\n1,x,0\n2,x,3\n3,z,0\n4,z,1\n" : "a,b,y\n1,x,M\n2,x,B\n3,z,M\n4,z,B\n"
        let schema = try inspect(text, label: positive == nil ? nil : "y", positive: positive)
            .schema
        let read = try DatasetSchema(json: JSONValue(parsing: schema.json.canonicalText))
        #expect(read == schema)
        #expect((read.label == nil) == (positive == nil))
    }

    @Test("A malformed schema is refused with what is wrong and where", arguments: malformed)
    func malformedSchema(text: String, message: String) throws {
        let json = try JSONValue(parsing: text)
        let error = #expect(throws: JSONShapeError.self) { try DatasetSchema(json: json) }
        #expect(error.map { "\($0)" } == message)
    }

    private static let malformed: [(String, String)] = [
        ("[]", "the value should be an object, and is an array"),
        ("{}", "format is missing"),
        (#"{"format":"x"}"#, "format should be jointlab.dataset-schema/1"),
        (wrap("[]"), "columns should not be empty"),
        (wrap("[1]"), "columns[0] should be an object, and is an integer"),
        (wrap(#"[{"kind":"numeric"}]"#), "columns[0].name is missing"),
        (
            wrap(#"[{"kind":"numeric","name":""}]"#),
            "columns[0].name should be a name that no other column has"
        ),
        (
            wrap(#"[{"kind":"numeric","name":"a"},{"kind":"text","name":"a"}]"#),
            "columns[1].name should be a name that no other column has"
        ),
        (
            wrap(#"[{"kind":"number","name":"a"}]"#),
            "columns[0].kind should be numeric, categorical, identifier, constant, text or label"
        ),
        (wrap(#"[{"kind":"numeric","name":"a","min":3}]"#), "columns[0].min is not a known field"),
        (wrap(#"[{"kind":"categorical","name":"a"}]"#), "columns[0].categories is missing"),
        (
            wrap(#"[{"categories":[],"kind":"categorical","name":"a"}]"#),
            "columns[0].categories should not be empty"
        ),
        (
            wrap(#"[{"categories":["b","a"],"kind":"categorical","name":"a"}]"#),
            "columns[0].categories[1] should come after the one before it"
        ),
        (
            wrap(#"[{"kind":"constant","name":"a","of":"x"}]"#),
            "columns[0].of should be number, text or nothing"
        ),
        (
            wrap(#"[{"kind":"label","name":"a"}]"#),
            "label should name the one column of the kind label"
        ),
        (
            wrap(#"[{"kind":"label","name":"a"}]"#, label: #"{"column":"b","positive":">0"}"#),
            "label should name the one column of the kind label"
        ),
        (
            wrap(#"[{"kind":"label","name":"a"}]"#, label: #"{"column":"a","positive":"yes"}"#),
            "label.positive should be an array of values, or a comparison such as \">0\""
        ),
        (
            wrap(
                #"[{"kind":"label","name":"a"}]"#,
                label: #"{"column":"a","positive":[],"negative":["0"]}"#),
            "label.positive should be values in order, none twice, at least one"
        ),
        (
            wrap(
                #"[{"kind":"label","name":"a"}]"#,
                label: #"{"column":"a","positive":["1"],"negative":["1"]}"#),
            "label.negative should have no value that is also positive"
        ),
        (
            wrap(#"[{"kind":"label","name":"a"}]"#, label: #"{"column":"a","positive":["1"]}"#),
            "label.negative is missing"
        ),
        (
            wrap(#"[{"kind":"numeric","name":"a"}],"rows":3"#),
            "rows is not a known field"
        ),
    ]

    private static func wrap(_ columns: String, label: String? = nil) -> String {
        #"{"format":"jointlab.dataset-schema/1","columns":\#(columns)"#
            + (label.map { #","label":\#($0)"# } ?? "") + "}"
    }
}
