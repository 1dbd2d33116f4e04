//! Feature rows as a Parquet file, in the layout that a Feast `FileSource` reads: the join key, `event_timestamp`,
//! `created_timestamp`, and a column a feature.

use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::features::{FeatureRows, FeatureView, ValueType};

/// The whole file. `key_name` says how a table writes an entity's key.
///
/// # Errors
/// Where the library refuses, which it has no cause to.
pub fn rows(
    view: &FeatureView,
    rows: &FeatureRows,
    key_name: &dyn Fn(&str, u32) -> Option<String>,
) -> Result<Vec<u8>, ParquetError> {
    let entity = view.entities.first().map(String::as_str).unwrap_or_default();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema(view, entity)?), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let names: Vec<ByteArray> =
        rows.keys.iter().map(|key| ByteArray::from(key_name(entity, *key).unwrap_or_default().into_bytes())).collect();
    column::<ByteArrayType>(&mut group, &names, None)?;
    column::<Int64Type>(&mut group, &rows.event_at, None)?;
    column::<Int64Type>(&mut group, &rows.known_at, None)?;
    for (field, values) in view.fields.iter().zip(&rows.columns) {
        let there: Vec<i16> = values.iter().map(|value| i16::from(!value.is_nan())).collect();
        let known = values.iter().copied().filter(|value| !value.is_nan());
        match field.dtype {
            ValueType::Float64 => column::<DoubleType>(&mut group, &known.collect::<Vec<_>>(), Some(&there))?,
            ValueType::Int64 => {
                column::<Int64Type>(&mut group, &known.map(|value| value as i64).collect::<Vec<_>>(), Some(&there))?;
            }
            ValueType::Bool => {
                column::<BoolType>(&mut group, &known.map(|value| value != 0.0).collect::<Vec<_>>(), Some(&there))?;
            }
        }
    }
    group.close()?;
    writer.into_inner()
}

fn schema(view: &FeatureView, entity: &str) -> Result<Type, ParquetError> {
    let instant = |name: &str| {
        let unit = LogicalType::timestamp(true, TimeUnit::MILLIS);
        Type::primitive_type_builder(name, Physical::INT64)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(Some(unit))
            .build()
            .map(Arc::new)
    };
    let key = Type::primitive_type_builder(entity, Physical::BYTE_ARRAY)
        .with_repetition(Repetition::REQUIRED)
        .with_converted_type(ConvertedType::UTF8)
        .with_logical_type(Some(LogicalType::String))
        .build()?;
    let mut columns: Vec<TypePtr> = vec![Arc::new(key), instant("event_timestamp")?, instant("created_timestamp")?];
    for field in &view.fields {
        let physical = match field.dtype {
            ValueType::Float64 => Physical::DOUBLE,
            ValueType::Int64 => Physical::INT64,
            ValueType::Bool => Physical::BOOLEAN,
        };
        let column =
            Type::primitive_type_builder(&field.name, physical).with_repetition(Repetition::OPTIONAL).build()?;
        columns.push(Arc::new(column));
    }
    Type::group_type_builder(&view.name).with_fields(columns).build()
}

/// Writes the next column; `there` has 1 where a row has a value and 0 where it is null.
fn column<T: parquet::data_type::DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
    there: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("the schema has fewer columns than the rows".to_owned()));
    };
    column.typed::<T>().write_batch(values, there, None)?;
    column.close()
}
