import Encodings
import Testing

@testable import Learning

@Suite struct FeatureLayoutTests {
    @Test("Common features are those that every dataset has, with the categories of all")
    func commonFeatures() throws {
        let first = schema([
            ("y", .label), ("age", .numeric), ("sex", .categorical(["f", "m"])),
            ("id", .identifier),
            ("bp", .constant(.nothing)), ("note", .text), ("only", .numeric),
            ("k", .constant(.number)),
        ])
        let second = schema([
            ("sex", .categorical(["m", "x"])), ("age", .constant(.number)), ("bp", .numeric),
            ("id", .numeric), ("note", .categorical(["a"])), ("y", .label),
            ("k", .constant(.number)),
        ])
        let layout = try FeatureLayout(commonTo: [first, second])
        #expect(
            layout.features == [
                Feature(name: "age", kind: .numeric),
                Feature(name: "sex", kind: .categorical(["f", "m", "x"])),
                Feature(name: "bp", kind: .numeric),
            ])
        #expect(layout.width == 5)
        #expect(layout.numericInputs == [0, 4])
        #expect(layout.inputNames == ["age", "sex=f", "sex=m", "sex=x", "bp"])
        try layout.check(against: first)
        try layout.check(against: second)
    }

    @Test("Nothing in common is an error")
    func nothingInCommon() {
        expect(.featuresMissing, "the datasets have no column in common") {
            _ = try FeatureLayout(commonTo: [schema([("a", .numeric)]), schema([("b", .numeric)])])
        }
        expect(.featuresMissing, "the datasets have no column in common") {
            _ = try FeatureLayout(commonTo: [])
        }
        expect(.featuresMissing, "no column in common") {
            _ = try FeatureLayout(
                commonTo: [schema([("a", .numeric)]), schema([("a", .categorical(["x"]))])])
        }
    }

    @Test("The canonical JSON is pinned and read back")
    func json() throws {
        let layout = try FeatureLayout(
            commonTo: [schema([("age", .numeric), ("sex", .categorical(["f", "m"]))])])
        let text = layout.json.canonicalText
        #expect(
            text == """
                {"features":[{"kind":"numeric","name":"age"},{"categories":["f","m"],\
                "kind":"categorical","name":"sex"}],"format":"jointlab.feature-layout/1"}
                """)
        #expect(try FeatureLayout(json: JSONValue(parsing: text)) == layout)
    }

    @Test(
        "A malformed layout is refused with what is wrong and where",
        arguments: [
            (#"[]"#, "features should not be empty"),
            (#"[{"name":"a"}]"#, "features[0].kind is missing"),
            (#"[{"kind":"text","name":"a"}]"#, "features[0].kind should be numeric or categorical"),
            (#"[{"kind":"numeric","name":""}]"#, "features[0].name should not be empty"),
            (#"[{"kind":"numeric","name":"a","x":1}]"#, "features[0].x is not a known field"),
            (
                #"[{"kind":"categorical","name":"a","categories":["x","x"]}]"#,
                "features[0].categories[1] should come after the one before it"
            ),
            (
                #"[{"kind":"numeric","name":"a"},{"kind":"numeric","name":"a"}]"#,
                "features[1].name should be a name that no other feature has"
            ),
        ])
    func malformed(features: String, message: String) throws {
        let json = try JSONValue(
            parsing: #"{"format":"jointlab.feature-layout/1","features":\#(features)}"#)
        let error = #expect(throws: JSONShapeError.self) { try FeatureLayout(json: json) }
        #expect(error.map { "\($0)" } == message)
    }

    @Test("A dataset that cannot serve a feature is told which, and what to do")
    func checks() throws {
        let numeric = try FeatureLayout(commonTo: [schema([("a", .numeric)])])
        let categorical = try FeatureLayout(commonTo: [schema([("a", .categorical(["x"]))])])
        for (layout, kind, message) in [
            (
                numeric, ColumnKind.categorical(["x"]),
                "the feature a is numeric, and the column is categorical"
            ),
            (numeric, .constant(.text), "the feature a is numeric, and the column is constant"),
            (
                numeric, .identifier,
                "the column a is registered as identifier; leave it out, or register"
            ),
            (categorical, .text, "the column a is registered as text"),
            (numeric, .label, "the column a is the dataset's label; leave it out of the features"),
        ] {
            expect(.layoutDiffers, message) { try layout.check(against: schema([("a", kind)])) }
        }
        expect(
            .layoutDiffers,
            "the dataset has no column a; agree on features that it has; its columns are b"
        ) {
            try numeric.check(against: schema([("b", .numeric)]))
        }
        for kind in [ColumnKind.numeric, .constant(.number), .constant(.nothing)] {
            #expect(throws: Never.self) { try numeric.check(against: schema([("a", kind)])) }
        }
        for kind in [ColumnKind.categorical(["z"]), .numeric, .constant(.text), .constant(.number)]
        {
            #expect(throws: Never.self) { try categorical.check(against: schema([("a", kind)])) }
        }
    }
}

func schema(_ columns: [(String, ColumnKind)], label: LabelRule? = nil) -> DatasetSchema {
    DatasetSchema(
        columns: columns.map { .init(name: $0.0, kind: $0.1) },
        target: label.map { .label($0) } ?? .nothing)
}
